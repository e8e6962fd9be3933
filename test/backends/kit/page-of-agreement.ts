import { tolerances } from './agreement.js';
import type { Cell } from './matrix.js';
import { backends } from './open.js';

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

Every model of \`specs/\`, by every target, on every backend, against the float64 interpreter: logits of 1,000 rows, by the same weights;
then 20 steps of 50 rows from the same first weights, with SGD and with Adam at ε = 1e-3: their losses, and logits after them. The
TypeScript project gives predictions, which are compared instead. A number is the largest |a − b| / max(1, |b|); what is beyond
${tolerances.cpu.toExponential(0)} on a processor, ${tolerances.gpu.toExponential(0)} on a GPU, is **bold**.

\`node scripts/matrix.mjs\` measures this and writes this page. GPUs are SwiftShader's, which computes on the processor what others compute
on a GPU.`;

/** The page docs/agreement.md. */
export function agreementPage(cells: readonly Cell[], about: Readonly<Record<string, string>>): string {
  const names = backends.map(({ name }) => name).filter((name) => cells.some(({ backend }) => backend === name));
  const of = (backend: string, target: string): readonly Cell[] =>
    cells.filter((cell) => cell.backend === backend && cell.target === target);
  const summary = names.flatMap((backend) =>
    [...new Set(cells.filter((cell) => cell.backend === backend).map(({ target }) => target))].map((target) => {
      const own = of(backend, target);
      const tolerance = toleranceOf(backend);
      const steps = (['sgd', 'adam'] as const).map((optimizer) => {
        const deviations = own.flatMap((cell) => cell.steps?.[optimizer] ?? []);
        return deviations.length === 0 ? '' : shown(worst(deviations), tolerance);
      });
      const within = own.filter((cell) => worst(deviationsOf(cell)) <= tolerance).length;
      return [
        backend,
        target,
        `${String(within)} of ${String(own.length)}`,
        shown(worst(own.map(({ predictions }) => predictions)), tolerance),
        ...steps,
      ];
    }),
  );
  const models = [...new Set(cells.map(({ model }) => model))].sort();
  const detail = models.map((model) => {
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
    '## By backend and target',
    'The largest deviation of all models.',
    table(['backend', 'target', 'models that agree', 'predictions', 'SGD', 'Adam'], summary),
    '## By model',
    'The largest deviation of predictions and steps by all targets.',
    table(['model', 'rows', ...names], detail),
    '## What was measured',
    names.map((name) => `- ${name}: ${about[name] ?? ''}`).join('\n'),
  ].join('\n\n')}\n`;
}
