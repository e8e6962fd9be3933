import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { createOnnxruntimeEngine } from '../src/train/engines/onnxruntime.js';
import { timeSteps } from '../src/train/timing.js';
import type { StepSubject } from './subject.js';
import { prepareSubject } from './subject.js';

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

export interface Profile {
  /** Share of the engine's time by kind of kernel; what is left is the call itself. */
  readonly shares: Readonly<Record<string, number>>;
}

/** onnxruntime, each session of which writes a profile into the folder when it is closed. */
const profilingOnnxruntime = async (folder: string): Promise<typeof Ort> => {
  const ort = await import('onnxruntime-node');
  const create = async (model: Uint8Array, options: object) => {
    const profiled = { ...options, enableProfiling: true, profileFilePrefix: path.join(folder, 'profile') };
    const session = await ort.InferenceSession.create(model, profiled);
    const release = session.release.bind(session);
    return Object.assign(session, {
      release: async () => {
        session.endProfiling();
        await release();
      },
    });
  };
  return { ...ort, InferenceSession: { create } } as unknown as typeof ort;
};

/** What onnxruntime's own profile says of the step's shards, in one thread. */
export const profileStep = async (subject: StepSubject): Promise<Profile> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-'));
  try {
    const engine = await createOnnxruntimeEngine({ load: () => profilingOnnxruntime(folder) });
    const { model, data } = prepareSubject(subject);
    const steps = Math.max(3, Math.min(60, Math.round(60_000 / subject.batch)));
    await timeSteps({ model, data, engine, threads: 1 }, steps, 5);
    const shares: Record<string, number> = {};
    let total = 0;
    for (const file of readdirSync(folder)) {
      for (const { cat, name, dur, args } of JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as TraceEvent[]) {
        if (name === 'model_run') total += dur;
        if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
        const kind = args?.op_name ?? 'unknown';
        shares[kind] = (shares[kind] ?? 0) + dur;
      }
    }
    if (total === 0) throw new Error('onnxruntime wrote no profile');
    return { shares: Object.fromEntries(Object.entries(shares).map(([kind, time]) => [kind, time / total])) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const [given] = process.argv.slice(2);
if (given !== undefined) console.log(JSON.stringify(await profileStep(JSON.parse(given) as StepSubject)));
