import { execFile } from 'node:child_process';
import { engineEntry, loadEngine, type EngineName } from '../train/engines/index.js';
import { isEngineError, type EngineError } from '../train/engines/errors.js';
import { findPackage } from '../train/engines/packages.js';

/** Whether an engine works here: `broken` is one whose packages are there. */
export type EngineState =
  | { readonly state: 'works'; readonly says: string }
  | {
      readonly state: 'missing' | 'refused' | 'elsewhere' | 'broken';
      readonly says: string;
      /** What its packages have printed about it. */
      readonly printed?: string;
      readonly help?: string;
    };

const stateOfError: Readonly<Record<EngineError['code'], 'missing' | 'refused' | 'elsewhere'>> = {
  'engine-missing': 'missing',
  'engine-unknown': 'missing',
  'engine-adapter': 'refused',
  'engine-elsewhere': 'elsewhere',
};

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';

/** Loads an engine in this process, as training would. */
export const tryEngine = async (name: EngineName, softwareGpu: boolean): Promise<EngineState> => {
  try {
    return { state: 'works', says: (await loadEngine(name, { softwareGpu })).describe(1) };
  } catch (error) {
    if (!isEngineError(error)) return { state: 'broken', says: firstLine(String(error)) };
    const isThere = engineEntry(name).packages.every((one) => findPackage(one) !== undefined);
    const state = error.code === 'engine-missing' && isThere ? 'broken' : stateOfError[error.code];
    return { state, says: firstLine(error.message), help: error.help };
  }
};

/** Finds out whether an engine works without being harmed by it. */
export type Probe = (name: EngineName) => Promise<EngineState>;

/** An engine that cannot load its libraries may take its process with it, or never answer: it is loaded in another. */
export const probeApart =
  (softwareGpu: boolean, program = process.argv[1] ?? '', limitMilliseconds = 60_000): Probe =>
  (name) =>
    new Promise((resolve) => {
      const words = [program, 'doctor', name, '--json', ...(softwareGpu ? ['--software-gpu'] : [])];
      execFile(process.execPath, words, { timeout: limitMilliseconds, killSignal: 'SIGKILL' }, (error, out, complaints) => {
        const state = answerIn(out, name) ?? { state: 'broken', says: howItEnded(error, limitMilliseconds) };
        const printed = firstLine(complaints);
        resolve(state.state === 'works' || printed === '' ? state : { ...state, printed });
      });
    });

const answerIn = (out: string, name: EngineName): EngineState | undefined => {
  try {
    const { engines } = JSON.parse(out) as { readonly engines: readonly (EngineState & { readonly name: string })[] };
    return engines.find((engine) => engine.name === name);
  } catch {
    return undefined;
  }
};

const howItEnded = (
  error: (Error & { readonly killed?: boolean; readonly signal?: string | null }) | null,
  limit: number,
): string => {
  if (error?.killed === true) return `it has not started after ${String(limit / 1000)} s`;
  return error?.signal ? `it ends Node with ${error.signal}` : 'it ends Node while it starts';
};
