import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../../../scripts/backends/places.mjs';
import { loadEngine } from '../../../src/train/engines/index.js';
import { tolerances } from './agreement.js';
import { firstKink, type Kink } from './kinks.js';
import { measure, type Measured } from './measure.js';
import { backends } from './open.js';
import { expectedOf, type Expected } from './oracle.js';
import { modelsOf, prepareMovieLens, specFiles, subjectName, subjectsOf, type Subjects } from './subjects.js';
import type { Missing } from './start.js';
import { agreementPage } from './page-of-agreement.js';
import { optimizerNames, type OptimizerName } from './subject.js';
import { targetsOf } from './targets.js';

/** One model by one target on one backend. */
export interface Cell extends Measured {
  readonly model: string;
  readonly real: boolean;
  readonly backend: string;
  readonly target: string;
  /** Where steps are beyond the tolerance: the relu that took another turn, if one was seen to. */
  readonly kinks?: Readonly<Partial<Record<OptimizerName, Kink>>>;
}

export interface MatrixRequest {
  /** All, unless named. */
  readonly backends: readonly string[];
  /** Names of models, or of their specs; all, unless named. */
  readonly models: readonly string[];
  readonly say: (line: string) => void;
}

/** What was measured before stays there, so that a matrix can be run in parts. */
const results = path.join(root, 'build/agreement/results.json');
const page = path.join(root, 'docs/agreement.md');

const keyOf = ({ model, backend, target }: Pick<Cell, 'model' | 'backend' | 'target'>): string =>
  [model, backend, target].join('|');

interface Stored {
  readonly about: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
}

const stored = (): Stored =>
  existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as Stored) : { about: {}, cells: [] };

/** Engines that can be asked what they computed on the way: those that are the same in this process. */
const engines: Readonly<Record<string, string>> = { onnxruntime: 'onnxruntime', 'tfjs cpu': 'tfjs:cpu' };

async function kinksOf(
  backend: string,
  kind: keyof typeof tolerances,
  { by }: Subjects,
  { steps }: Measured,
): Promise<Pick<Cell, 'kinks'>> {
  const engine = engines[backend];
  const kinks: Partial<Record<OptimizerName, Kink>> = {};
  for (const name of optimizerNames) {
    const deviation = steps?.[name];
    if (engine === undefined || typeof deviation !== 'number' || deviation <= tolerances[kind]) continue;
    const kink = await firstKink(await loadEngine(engine), by[name], tolerances[kind]);
    if (kink !== undefined) kinks[name] = kink;
  }
  return Object.keys(kinks).length === 0 ? {} : { kinks };
}

/** Runs models × targets × backends, and writes what came of it to docs/agreement.md. */
export async function runMatrix({ say, ...wanted }: MatrixRequest): Promise<void> {
  prepareMovieLens();
  const before = stored();
  const cells = new Map(before.cells.map((cell) => [keyOf(cell), cell]));
  const about: Record<string, string> = { ...before.about };
  const all = specFiles().flatMap((file) => [...modelsOf(file).keys()].map((name) => subjectName(file, name)));
  const store = async (): Promise<void> => {
    mkdirSync(path.dirname(results), { recursive: true });
    writeFileSync(results, JSON.stringify({ about, cells: [...cells.values()] }));
    const options = { ...(await resolveConfig(page)), filepath: page };
    writeFileSync(page, await format(agreementPage([...cells.values()], about, all), options));
  };
  const isWanted = (list: readonly string[], ...names: readonly string[]): boolean =>
    list.length === 0 || names.some((name) => list.includes(name));
  const subjects: Subjects[] = [];
  for (const file of specFiles())
    for (const name of modelsOf(file).keys())
      if (isWanted(wanted.models, name, path.basename(file, '.rec'))) subjects.push(await subjectsOf(file, name));
  const expected = new Map<string, Expected>();
  const expectedFor = async (of: Subjects): Promise<Expected> => {
    const known = expected.get(of.name) ?? (await expectedOf(of.by));
    expected.set(of.name, known);
    return known;
  };
  for (const { name: backend, kind, open } of backends.filter(({ name }) => isWanted(wanted.backends, name))) {
    const opened = await open().catch((error: unknown): Missing => ({ missing: String(error) }));
    if ('missing' in opened) {
      say(`${backend}: skipped, ${opened.missing}`);
      continue;
    }
    about[backend] = opened.about;
    say(`${backend}: ${opened.about}`);
    try {
      for (const of of subjects)
        for (const target of targetsOf(backend)) {
          const measured = await measure(opened, target, of, await expectedFor(of));
          const kinks = target === 'engine' ? await kinksOf(backend, kind, of, measured) : {};
          const cell = { model: of.name, real: of.real, backend, target, ...measured, ...kinks };
          cells.set(keyOf(cell), cell);
          say(`  ${of.name}, ${target}: ${[measured.predictions, ...Object.values(measured.steps ?? {})].map(shown).join(' ')}`);
          await store();
        }
    } finally {
      await opened.close();
    }
  }
  await store();
}

const shown = (deviation: number | string): string =>
  typeof deviation === 'number' ? deviation.toExponential(0) : (deviation.split('\n', 1)[0] ?? '');
