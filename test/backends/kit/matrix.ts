import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { folder, root } from '../../../scripts/backends/places.mjs';
import type { Engine } from '../../../src/train/engine.js';
import { loadEngine } from '../../../src/train/engines/index.js';
import { loadTfjs } from '../../../src/train/engines/load-tfjs.js';
import { tfjsBackends } from '../../../src/train/engines/tfjs.js';
import { tolerances } from './agreement.js';
import { firstKink, firstKinkOfProject, type Kink } from './kinks.js';
import { measure, type Measured } from './measure.js';
import { backends, type BackendEntry, type OpenBackend } from './open.js';
import { expectedOf, type Expected } from './oracle.js';
import { modelsOf, prepareMovieLens, specFiles, subjectName, subjectsOf, type Subjects } from './subjects.js';
import { readResults, replaceFile, writeResults, type Cell } from './results.js';
import type { Missing } from './start.js';
import { agreementPage } from './page-of-agreement.js';
import { optimizerNames, type OptimizerName, type Subject } from './subject.js';
import { targetsOf } from './targets.js';

export interface MatrixRequest {
  /** All, unless named. */
  readonly backends: readonly string[];
  /** Names of models, or of their specs; all, unless named. */
  readonly models: readonly string[];
  /** Only what has no result yet. */
  readonly missing: boolean;
  /** Longest that one answer may take. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

const keyOf = ({ model, target }: Pick<Cell, 'model' | 'target'>): string => `${model}|${target}`;

const page = path.join(root, 'docs/agreement.md');

/** Engines that can be asked what they computed on the way: those that are the same in this process. */
const engines: Readonly<Record<string, string>> = {
  onnxruntime: 'onnxruntime',
  'tfjs cpu': 'tfjs:cpu',
  'tfjs wasm': 'tfjs:wasm',
  'tfjs tensorflow': 'tfjs:tensorflow',
};

/** Of two installations of TensorFlow.js a process can have one. */
const engineOf = (backend: string): Promise<Engine | undefined> => {
  const name = engines[backend];
  return name === undefined ? Promise.resolve(undefined) : loadEngine(name).catch(() => undefined);
};

async function kinkOfEngine(backend: string, subject: Subject, tolerance: number): Promise<Kink | undefined> {
  const engine = await engineOf(backend);
  return engine && firstKink(engine, subject, tolerance);
}

async function kinkOfProject(backend: string, subject: Subject): Promise<Kink | undefined> {
  const of = tfjsBackends.find((name) => engines[backend] === `tfjs:${name}`);
  const loaded = of && (await loadTfjs(of).catch(() => undefined));
  return loaded && firstKinkOfProject(loaded.tf, subject);
}

async function kinksOf(
  backend: string,
  target: string,
  kind: keyof typeof tolerances,
  { by }: Subjects,
  { steps }: Measured,
): Promise<Pick<Cell, 'kinks'>> {
  const kinks: Partial<Record<OptimizerName, Kink>> = {};
  for (const name of optimizerNames) {
    const deviation = steps?.[name];
    if (typeof deviation !== 'number' || deviation <= tolerances[kind]) continue;
    const kink = await (target === 'engine'
      ? kinkOfEngine(backend, by[name], tolerances[kind])
      : kinkOfProject(backend, by[name]));
    if (kink !== undefined) kinks[name] = kink;
  }
  return Object.keys(kinks).length === 0 ? {} : { kinks };
}

/** What a backend has not answered in time says nothing of it: a later run asks again. */
function failedOrLate(error: unknown): Measured | { readonly late: string } {
  const message = String(error);
  return message.includes('took longer than') ? { late: message } : { predictions: message };
}

const hasFailed = ({ predictions, steps }: Measured): boolean =>
  [predictions, ...Object.values(steps ?? {})].some((deviation) => typeof deviation === 'string');

async function writePage(): Promise<void> {
  const results = [...readResults().values()];
  const all = specFiles().flatMap((file) => [...modelsOf(file).keys()].map((name) => subjectName(file, name)));
  const about = Object.fromEntries(results.map(({ backend, about }) => [backend, about]));
  const text = agreementPage(
    results.flatMap(({ cells }) => cells),
    about,
    all,
  );
  replaceFile(page, await format(text, { ...(await resolveConfig(page)), filepath: page }));
}

/** Measures one backend, keeping each cell at once. */
async function runBackend(
  { name: backend, kind, open }: BackendEntry,
  wanted: readonly { readonly subjects: () => Promise<Subjects>; readonly target: string }[],
  expectedFor: (of: Subjects) => Promise<Expected>,
  { say, seconds }: Pick<MatrixRequest, 'say' | 'seconds'>,
): Promise<void> {
  let opened: OpenBackend | undefined;
  const close = async (): Promise<void> => {
    await opened?.close();
    opened = undefined;
  };
  try {
    for (const { subjects, target } of wanted) {
      if (opened === undefined) {
        const answer = await open(seconds).catch((error: unknown): Missing => ({ missing: String(error) }));
        if ('missing' in answer) return say(`${backend}: skipped, ${answer.missing}`);
        opened = answer;
        say(`${backend}: ${opened.about}`);
      }
      const of = await subjects();
      const label = `  ${of.name}, ${target}`;
      const started = performance.now();
      const measured = await measure(opened, target, of, await expectedFor(of)).catch(failedOrLate);
      if ('late' in measured) {
        say(`${label}: left out, ${measured.late}`);
        await close();
        continue;
      }
      const kinks = target === 'engine' || target === 'typescript' ? await kinksOf(backend, target, kind, of, measured) : {};
      const cell: Cell = { model: of.name, real: of.real, backend, target, ...measured, ...kinks };
      const others = (readResults().get(backend)?.cells ?? []).filter((one) => keyOf(one) !== keyOf(cell));
      writeResults({ backend, about: opened.about, cells: [...others, cell] });
      const deviations = [measured.predictions, ...Object.values(measured.steps ?? {})].map(shown);
      say(`${label}: ${deviations.join(' ')} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
      // Whatever failed may have left a program that answers no more.
      if (hasFailed(measured)) await close();
    }
  } finally {
    await close();
  }
}

/** In the order in which they are named. */
function named(names: readonly string[]): readonly BackendEntry[] {
  if (names.length === 0) return backends;
  return names.map((name) => {
    const entry = backends.find((backend) => backend.name === name);
    if (entry === undefined) throw new Error(`there is no backend ${name}: ${backends.map((one) => one.name).join(', ')}`);
    return entry;
  });
}

/** Runs models × targets × backends, keeps what came of it in `bench/results/agreement`, and writes docs/agreement.md. */
export async function runMatrix({ missing, ...wanted }: MatrixRequest): Promise<void> {
  prepareMovieLens();
  process.env.RECCOMPILE_PACKAGES = folder;
  const isWanted = (list: readonly string[], ...names: readonly string[]): boolean =>
    list.length === 0 || names.some((name) => list.includes(name));
  const expected = new Map<string, Expected>();
  const expectedFor = async (of: Subjects): Promise<Expected> => {
    const known = expected.get(of.name) ?? (await expectedOf(of.by));
    expected.set(of.name, known);
    return known;
  };
  const prepared = new Map<string, Promise<Subjects>>();
  const models = specFiles()
    .flatMap((file) => [...modelsOf(file).keys()].map((name) => ({ file, name, model: subjectName(file, name) })))
    .filter(({ file, name }) => isWanted(wanted.models, name, path.basename(file, '.rec')))
    .map(({ file, name, model }) => ({
      model,
      subjects: () => prepared.get(model) ?? prepared.set(model, subjectsOf(file, name)).get(model)!,
    }));
  for (const entry of named(wanted.backends)) {
    const known = new Set(readResults().get(entry.name)?.cells.map(keyOf));
    const cells = models
      .flatMap(({ model, subjects }) => targetsOf(entry.name).map((target) => ({ model, subjects, target })))
      .filter((cell) => !missing || !known.has(keyOf(cell)));
    await runBackend(entry, cells, expectedFor, wanted);
    await writePage();
  }
}

const shown = (deviation: number | string): string =>
  typeof deviation === 'number' ? deviation.toExponential(0) : (deviation.split('\n', 1)[0] ?? '');
