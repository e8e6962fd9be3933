import { tolerances } from './agreement.js';
import type { Kink } from './kinks.js';
import { chosen, testedOnGpu, testedSteps } from './chosen.js';
import { backends } from './open.js';
import type { Cell } from './results.js';
import { optimizerNames, stepRows, type OptimizerName } from './subject.js';
import { targetsOf } from './targets.js';

type Deviation = number | string;

const kinds = new Map(backends.map(({ name, kind }) => [name, kind]));
const toleranceOf = (backend: string): number => tolerances[kinds.get(backend) ?? 'cpu'];

const deviationsOf = ({ predictions, steps }: Cell): readonly Deviation[] => [predictions, ...Object.values(steps ?? {})];

/** A failure is worse than any number. */
const worst = (deviations: readonly Deviation[]): number =>
  Math.max(0, ...deviations.map((one) => (typeof one === 'number' ? one : Infinity)));

const shown = (deviation: number, tolerance: number): string => {
  const text = deviation === Infinity ? 'fails' : deviation === 0 ? '0' : deviation.toExponential(0);
  return deviation <= tolerance ? text : `**${text}**`;
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(row)].join('\n');

const intro = `# Agreement

Models of \`specs/\`, by targets, on backends, against the float64 interpreter: logits of 1,000 rows, by the same weights; then 20 steps
of 50 rows from the same first weights, with SGD and with Adam at ε = 1e-3: their losses, and logits after them. The TypeScript project
gives predictions, which are compared instead. A number is the largest |a − b| / max(1, |b|); what is beyond
${tolerances.cpu.toExponential(0)} on a processor, ${tolerances.gpu.toExponential(0)} on a GPU, is **bold**.

\`node scripts/matrix.mjs\` measures this and writes this page, in parts if asked; Coverage says which parts there are. GPUs are
SwiftShader's, which computes on the processor what others compute on a GPU.`;

const testedBackends = (kind: keyof typeof tolerances): string =>
  backends.flatMap((backend) => (backend.everyTime && backend.kind === kind ? [backend.name] : [])).join(', ');

const extentOfTests = (kind: keyof typeof tolerances): string =>
  `${String(testedSteps[kind] * stepRows)} rows and ${String(testedSteps[kind])} steps`;

const tests = `## What the tests run

\`npm test\` compares ${String(chosen.length)} models that together have every op, kind of feature and kind of loss, in the same way:

- on ${testedBackends('cpu')}: every target, ${extentOfTests('cpu')} by each optimizer;
- on ${testedBackends('gpu')}: ${testedOnGpu.join(', ')}, ${extentOfTests('gpu')} by each optimizer.

What writes inference alone gives predictions alone. \`.ci/run\` sets all of this up; elsewhere tests name what they skip.`;

/** How much of `models` was measured; the shorter list names them, those that were or those that were left out. */
function coverage(cells: readonly Cell[], models: readonly string[]): string {
  const lines = backends.map(({ name }) => {
    const targets = targetsOf(name);
    const extents = new Map<string, string[]>();
    for (const target of targets) {
      const own = new Set(cells.flatMap((cell) => (cell.backend === name && cell.target === target ? [cell.model] : [])));
      const extent = extentOf(own, models);
      extents.set(extent, [...(extents.get(extent) ?? []), target]);
    }
    return `- ${name}: ${[...extents].map(([extent, of]) => `${of.join(', ')}: ${extent}`).join('; ')}`;
  });
  return lines.join('\n');
}

function extentOf(measured: ReadonlySet<string>, models: readonly string[]): string {
  const left = models.filter((model) => !measured.has(model));
  if (measured.size === 0) return 'not measured';
  if (left.length === 0) return `all ${String(models.length)} models`;
  const named = left.length < measured.size ? `all but ${left.join(', ')}` : [...measured].join(', ');
  return `${String(measured.size)} of ${String(models.length)} models (${named})`;
}

const near = (value: number): string => value.toExponential(0);

const kinkText = ({ step, before, lossesAlone, row, unit, units, wanted, given }: Kink): string =>
  `in the first ${String(step - 1)} steps ${lossesAlone ? 'losses' : 'losses, logits and gradients'} of the two agree to ${near(before)}; in step ${String(step)} ` +
  `the input of a relu has another sign (row ${String(row)}, unit ${String(unit)} of ${String(units)}: ${near(wanted)} in float64, ` +
  `${near(given)} here), so a gradient passes in one and not in the other`;

/** Whatever is beyond the tolerance, and what is known of it. */
function beyond(cells: readonly Cell[]): string {
  /** Live objects cannot be asked what they computed on the way, but the same graph is run by the same kernels for the engine. */
  const asEngine = ({ model, backend, target }: Cell, name: OptimizerName): string => {
    const engine = cells.find((cell) => cell.model === model && cell.backend === backend && cell.target === 'engine');
    return target === 'tfjs live' && engine?.kinks?.[name]
      ? 'the live object runs the kernels of the engine, which meets a kink in these steps'
      : 'not explained';
  };
  const lines = cells.flatMap((cell) => {
    const tolerance = toleranceOf(cell.backend);
    const about = (what: string, deviation: Deviation | undefined, why: string): readonly string[] =>
      deviation === undefined || worst([deviation]) <= tolerance
        ? []
        : [`- ${cell.model}, ${cell.backend}, ${cell.target}, ${what}, ${shown(worst([deviation]), tolerance)}: ${why}.`];
    return [
      ...about('predictions', cell.predictions, 'not explained'),
      ...optimizerNames.flatMap((name) => {
        const kink = cell.kinks?.[name];
        return about(name === 'sgd' ? 'SGD' : 'Adam', cell.steps?.[name], kink ? kinkText(kink) : asEngine(cell, name));
      }),
    ];
  });
  return lines.length === 0 ? 'Nothing.' : lines.join('\n');
}

/**
 * The page docs/agreement.md.
 * @param models all that there are, measured or not
 */
export function agreementPage(
  measured: readonly Cell[],
  about: Readonly<Record<string, string>>,
  models: readonly string[],
): string {
  const cells = measured.filter(({ model }) => models.includes(model));
  const names = backends.map(({ name }) => name).filter((name) => cells.some(({ backend }) => backend === name));
  const of = (backend: string, target: string): readonly Cell[] =>
    cells.filter((cell) => cell.backend === backend && cell.target === target);
  const summary = names.flatMap((backend) =>
    targetsOf(backend).flatMap((target) => {
      const own = of(backend, target);
      if (own.length === 0) return [];
      const tolerance = toleranceOf(backend);
      const steps = (['sgd', 'adam'] as const).map((optimizer) => {
        const deviations = own.flatMap((cell) => cell.steps?.[optimizer] ?? []);
        return deviations.length === 0 ? '' : shown(worst(deviations), tolerance);
      });
      const within = own.filter((cell) => worst(deviationsOf(cell)) <= tolerance).length;
      const predictions = shown(worst(own.map((cell) => cell.predictions)), tolerance);
      return [[backend, target, `${String(within)} of ${String(own.length)}`, predictions, ...steps]];
    }),
  );
  const detail = models
    .filter((name) => cells.some(({ model }) => model === name))
    .map((model) => {
      const own = cells.filter((cell) => cell.model === model);
      return [
        model,
        own.some(({ real }) => real) ? 'MovieLens' : 'random',
        ...names.map((backend) => {
          const deviations = own.filter((cell) => cell.backend === backend).flatMap(deviationsOf);
          return deviations.length === 0 ? '' : shown(worst(deviations), toleranceOf(backend));
        }),
      ];
    });
  return `${[
    intro,
    tests,
    '## Coverage',
    coverage(cells, models),
    '## By backend and target',
    'The largest deviation of the models that were measured.',
    table(['backend', 'target', 'models that agree', 'predictions', 'SGD', 'Adam'], summary),
    '## By model',
    'The largest deviation of predictions and steps by the targets that were measured.',
    table(['model', 'rows', ...names], detail),
    '## Beyond the tolerance',
    beyond(cells),
    '## Versions',
    names.map((name) => `- ${name}: ${about[name] ?? ''}`).join('\n'),
  ].join('\n\n')}\n`;
}
