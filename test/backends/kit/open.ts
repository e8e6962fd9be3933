import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { environment, findChromium, python, root } from '../../../scripts/backends/places.mjs';
import { decode, encode } from './codec.js';
import { flatFeatures } from './features.js';
import type { Answer, Job } from './jobs.js';
import { logitsNamed, onnxFile } from './onnx-runner.js';
import type { Missing, Start } from './start.js';

/** A backend at work, in a process or a page of its own. */
export interface OpenBackend {
  /** What it is, with versions. */
  readonly about: string;
  /** What it can run. */
  readonly targets: readonly string[];
  readonly ask: (job: Job) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

const bundles = path.join(root, 'build/agreement');

/** Longest that a job may take, unless said: software stands in for a GPU. */
const usualSeconds = 240;

const late = <T>(work: Promise<T>, what: string, seconds: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${String(seconds)} s`)), seconds * 1000);
  });
  return Promise.race([work, end]).finally(() => clearTimeout(timer));
};

/** The line that names an error; Node shows where it was thrown after it. */
const lastError = (complaints: string): string => {
  const lines = complaints.trim().split('\n');
  return lines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.slice(-3).join(' ');
};

/**
 * A program that answers each line of its standard input with one that begins with `> `.
 * @throws Error if it does not start, for any other reason than one that it calls missing
 */
export async function openProgram(
  program: string,
  given: readonly string[],
  textOf: (job: Job) => string,
  seconds = usualSeconds,
): Promise<OpenBackend | Missing> {
  const child = spawn(program, given, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...(await environment()) },
  });
  let complaints = '';
  child.stderr.on('data', (part: Buffer) => (complaints = (complaints + part.toString()).slice(-2000)));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', (error) => {
      complaints += error.message;
      resolve();
    });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    for (;;) {
      const line: IteratorResult<string, undefined> = await lines.next();
      if (line.done === true) throw new Error(`it has ended: ${lastError(complaints)}`);
      if (line.value.startsWith('> ')) return line.value.slice(2);
    }
  };
  const close = async (): Promise<void> => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  const opened = await late(next(), 'its start', seconds)
    .then((line): Start => JSON.parse(line) as Start)
    .catch((error: unknown): Start => ({ error: String(error) }));
  if (!('about' in opened)) {
    await close();
    return orThrow(opened);
  }
  return {
    ...opened,
    close,
    ask: async (job) => {
      child.stdin.write(`${textOf(job)}\n`);
      return decode(await late(next(), job.target, seconds)) as Answer;
    },
  };
}

const orThrow = (start: Missing | { readonly error: string }): Missing => {
  if ('error' in start) throw new Error(`it does not start: ${start.error}`);
  return start;
};

/** Of a backend that every checkout has: that it is missing is an error too. */
export const required =
  (open: BackendEntry['open']) =>
  async (seconds?: number): Promise<OpenBackend> => {
    const opened = await open(seconds);
    if ('missing' in opened) throw new Error(`every checkout has this backend, but ${opened.missing}`);
    return opened;
  };

const inNode = (backend: string) => (seconds?: number) =>
  openProgram(process.execPath, [path.join(bundles, 'program.mjs'), backend], (job) => encode(job), seconds);

/** Python's own onnxruntime, on the files that the target `onnx` writes. */
const inPython = async (seconds?: number): Promise<OpenBackend | Missing> => {
  if (!existsSync(python)) return { missing: 'build/backends has no Python' };
  const textOf = ({ subject, weights }: Job): string => {
    if (weights === undefined) throw new Error('a file cannot be trained');
    return encode({
      model: onnxFile(subject, weights),
      features: flatFeatures(subject.rows),
      outputs: logitsNamed(subject),
    });
  };
  return openProgram(python, [path.join(root, 'test/backends/kit/onnx_program.py')], textOf, seconds);
};

/** SwiftShader for WebGPU as for WebGL. */
const flags = [
  ...['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
  ...['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
];

/** Nothing listens there: what the page asks for is answered here. Of this host a page may use WebGPU. */
const origin = 'http://localhost';

const inChromium =
  (backend: string) =>
  async (seconds = usualSeconds): Promise<OpenBackend | Missing> => {
    const executablePath = await findChromium();
    if (executablePath === undefined) return { missing: 'there is no Chromium' };
    const browser = await chromium.launch({ executablePath, args: flags });
    try {
      const page = await browser.newPage();
      await page.route(`${origin}/**`, async (route) => {
        const { pathname } = new URL(route.request().url());
        const file = pathname.startsWith('/wasm/')
          ? path.join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', path.basename(pathname))
          : path.join(bundles, path.basename(pathname));
        if (pathname === '/') await route.fulfill({ contentType: 'text/html', body: '<script src="/page.js"></script>' });
        else if (!existsSync(file)) await route.fulfill({ status: 404 });
        else
          await route.fulfill({
            body: await readFile(file),
            contentType: file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript',
          });
      });
      await page.goto(`${origin}/`);
      const opened = await late(
        page.evaluate((name) => globalThis.backend.open(name), backend),
        'its start',
        seconds,
      );
      if ('missing' in opened) {
        await browser.close();
        return opened;
      }
      return {
        ...opened,
        about: `${opened.about}, Chromium ${browser.version()}`,
        ask: async (job) =>
          decode(
            await late(
              page.evaluate((text) => globalThis.backend.answer(text), encode(job)),
              job.target,
              seconds,
            ),
          ) as Answer,
        close: () => browser.close(),
      };
    } catch (error) {
      await browser.close();
      throw error;
    }
  };

export interface BackendEntry {
  readonly name: string;
  readonly kind: 'cpu' | 'gpu';
  /** Whether every run of the tests has it. */
  readonly everyTime: boolean;
  /** Whether `npm ci` alone is enough for it. */
  readonly inEveryCheckout: boolean;
  /**
   * @param seconds longest that a job may take
   * @throws Error if it is there and does not start
   */
  readonly open: (seconds?: number) => Promise<OpenBackend | Missing>;
}

const entries: readonly BackendEntry[] = [
  { name: 'tfjs cpu', kind: 'cpu', everyTime: true, inEveryCheckout: true, open: inNode('cpu') },
  { name: 'tfjs wasm', kind: 'cpu', everyTime: true, inEveryCheckout: true, open: inNode('wasm') },
  { name: 'tfjs tensorflow', kind: 'cpu', everyTime: true, inEveryCheckout: false, open: inNode('tensorflow') },
  { name: 'tfjs webgpu', kind: 'gpu', everyTime: true, inEveryCheckout: false, open: inNode('webgpu') },
  { name: 'Chromium wasm', kind: 'cpu', everyTime: false, inEveryCheckout: false, open: inChromium('wasm') },
  { name: 'Chromium webgpu', kind: 'gpu', everyTime: false, inEveryCheckout: false, open: inChromium('webgpu') },
  { name: 'Chromium webgl', kind: 'gpu', everyTime: false, inEveryCheckout: false, open: inChromium('webgl') },
  { name: 'onnxruntime', kind: 'cpu', everyTime: true, inEveryCheckout: true, open: inNode('onnxruntime') },
  { name: 'onnxruntime webgpu', kind: 'gpu', everyTime: false, inEveryCheckout: false, open: inNode('onnxruntime:webgpu') },
  { name: 'onnxruntime of Python', kind: 'cpu', everyTime: true, inEveryCheckout: false, open: inPython },
];

export const backends = entries.map((entry) => ({ ...entry, open: entry.inEveryCheckout ? required(entry.open) : entry.open }));
