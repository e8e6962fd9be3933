import type { Parsed } from '../language/parser.js';
import type { Source, Span } from '../language/source.js';
import type { Block, Model, Name, Network } from '../language/syntax.js';
import type { DiagnosticDetails, Marked, Report } from './diagnostics.js';
import type { Functions } from './instantiate/functions.js';
import type { FunctionValue, Value } from './instantiate/values.js';
import type { Code, MessageParameters } from './messages.js';
import type { CheckedModel } from './model.js';

/** What checks of one text after another remember: what is as it was is neither read nor checked again. */
export interface Memory {
  /** What was read, by path: memories of several texts may share it, and who made it forgets what is no longer there. */
  readonly texts: Map<string, Parsed>;
  /** By name and path. */
  readonly models: Map<string, Remembered>;
}

export const createMemory = (texts = new Map<string, Parsed>()): Memory => ({ texts, models: new Map() });

type Result = { readonly model: CheckedModel; readonly network: Network } | undefined;

/** A model or block that a result was made of. */
interface Part {
  readonly path: string;
  readonly text: string;
  readonly doc: string | undefined;
  readonly start: number;
}

interface Reported {
  readonly code: Code;
  readonly span: Span;
  readonly parameters: MessageParameters<Code>;
  readonly details: DiagnosticDetails | undefined;
}

interface Remembered {
  readonly lineage: readonly Part[];
  /** Names that were looked up, with the file that said them, and the block of the user that each was. */
  readonly lookups: ReadonlyMap<string, { readonly source: string; readonly name: string; readonly part: Part | undefined }>;
  /** Every name that could have been meant, where something was wrong. */
  readonly candidates: string | undefined;
  readonly reported: readonly Reported[];
  readonly values: readonly (readonly [Span, Value])[];
  readonly steps: number;
  readonly result: Result;
}

/** What a check of one model is given, which a memory stands between. */
export interface Run {
  readonly functions: Functions;
  readonly report: Report;
  readonly observe: (name: Name, value: Value) => void;
}

export interface Surrounding extends Run {
  /** Oldest first. */
  readonly lineage: readonly Model[];
  readonly functionsOf: (path: string) => ReadonlyMap<string, FunctionValue> | undefined;
  readonly isStd: (span: Span) => boolean;
  readonly effort: { steps: number };
  /** As `observe`, of a name that was observed when the result was made. */
  readonly recall: (at: Span, value: Value) => void;
}

const keyOf = ({ name, span }: Model): string => `${name.text} ${span.source.path}`;

/** Forgets models that there are no more. */
export function keepOnly(memory: Memory, models: readonly Model[]): void {
  const keys = new Set(models.map(keyOf));
  for (const key of memory.models.keys()) if (!keys.has(key)) memory.models.delete(key);
}

/**
 * Checks a model, or says again what was said of it. What is remembered keeps the places of the text that it was checked in, but for
 * what is reported and observed, and the place of the model itself.
 */
export function remember({ models }: Memory, around: Surrounding, check: (run: Run) => Result): Result {
  const model = around.lineage.at(-1);
  if (!model) return undefined;
  const key = keyOf(model);
  const before = models.get(key);
  const move = before && mover(before, around);
  if (before && move) return recall(before, move, around);
  models.delete(key);
  const made = record(around, check);
  if (made.remembered) models.set(key, made.remembered);
  return made.result;
}

function recall(before: Remembered, move: (span: Span) => Span, around: Surrounding): Result {
  for (const { code, span, parameters, details } of before.reported)
    around.report(code, move(span), parameters, details && moved(details, move));
  for (const [span, value] of before.values) around.recall(move(span), value);
  around.effort.steps += before.steps;
  const { result } = before;
  return result && { ...result, model: { ...result.model, span: move(result.model.span) } };
}

function moved(details: DiagnosticDetails, move: (span: Span) => Span): DiagnosticDetails {
  const each = (marked: readonly Marked[]): readonly Marked[] => marked.map(({ span, text }) => ({ span: move(span), text }));
  const { labels, notes, trace, fix } = details;
  return {
    ...details,
    ...(labels && { labels: each(labels) }),
    ...(notes && { notes: each(notes) }),
    ...(trace && { trace: each(trace) }),
    ...(fix && { fix: { ...fix, span: move(fix.span) } }),
  };
}

const partOf = ({ span, doc }: Model | Block): Part => ({
  path: span.source.path,
  text: span.source.text.slice(span.start, span.end),
  doc,
  start: span.start,
});

const same = (a: Part | undefined, b: Part | undefined): boolean =>
  a === b || (a?.path === b?.path && a?.doc === b?.doc && a?.text === b?.text);

const blockOf = (found: FunctionValue | undefined): Block | undefined =>
  found?.is === 'block' && !found.isStd ? found.block : undefined;

const candidatesOf = ({ lineage, functionsOf }: Pick<Surrounding, 'lineage' | 'functionsOf'>): string =>
  [...new Set(lineage.map(({ span }) => span.source.path))]
    .map((path) => [...(functionsOf(path)?.keys() ?? [])].join(' '))
    .join('\n');

/** Where a place is now; undefined where what a result was made of is no longer the same. */
function mover(before: Remembered, around: Surrounding): ((span: Span) => Span) | undefined {
  const { lineage, functionsOf } = around;
  const places: { readonly from: Part; readonly to: Span }[] = [];
  if (lineage.length !== before.lineage.length) return undefined;
  for (const [i, model] of lineage.entries()) {
    const from = before.lineage[i];
    if (!from || !same(from, partOf(model))) return undefined;
    places.push({ from, to: model.span });
  }
  for (const { source, name, part } of before.lookups.values()) {
    const block = blockOf(functionsOf(source)?.get(name));
    if (!same(part, block && partOf(block))) return undefined;
    if (part && block) places.push({ from: part, to: block.span });
  }
  if (before.candidates !== undefined && before.candidates !== candidatesOf(around)) return undefined;
  return (span) => {
    const place = placeOf(places, span);
    if (!place) return span;
    const by = place.to.start - place.from.start;
    return { source: place.to.source, start: span.start + by, end: span.end + by };
  };
}

const placeOf = <T extends { readonly from: Part }>(places: readonly T[], { source, start, end }: Span): T | undefined =>
  places.find(({ from }) => from.path === source.path && from.start <= start && end <= from.start + from.text.length);

function record(around: Surrounding, check: (run: Run) => Result): { readonly result: Result; readonly remembered?: Remembered } {
  const { functions, report, observe, lineage, isStd, effort } = around;
  const lookups = new Map<string, { source: string; name: string; part: Part | undefined }>();
  const reported: Reported[] = [];
  const values: [Span, Value][] = [];
  const steps = effort.steps;
  const result = check({
    functions: {
      ...functions,
      find: (name) => {
        const found = functions.find(name);
        const source = name.span.source.path;
        const key = `${name.text} ${source}`;
        const block = blockOf(found);
        if (!isStd(name.span) && !lookups.has(key)) lookups.set(key, { source, name: name.text, part: block && partOf(block) });
        return found;
      },
    },
    report: (code, span, parameters, details) => {
      reported.push({ code, span, parameters, details });
      report(code, span, parameters, details);
    },
    observe: (name, value) => {
      values.push([name.span, value]);
      observe(name, value);
    },
  });
  const parts = [...lineage.map(partOf), ...[...lookups.values()].flatMap(({ part }) => part ?? [])].map((from) => ({ from }));
  const isInside = (span: Span): boolean => isStd(span) || placeOf(parts, span) !== undefined;
  if (!reported.every((one) => spansOf(one).every(isInside))) return { result };
  const candidates = reported.length > 0 ? candidatesOf(around) : undefined;
  return {
    result,
    remembered: { lineage: lineage.map(partOf), lookups, candidates, reported, values, steps: effort.steps - steps, result },
  };
}

const spansOf = ({ span, details }: Reported): readonly Span[] => [
  span,
  ...[details?.labels, details?.notes, details?.trace].flatMap((marked) => marked?.map((one) => one.span) ?? []),
  ...(details?.fix ? [details.fix.span] : []),
];

/** A place as a key. */
export const placeKey = ({ source, start }: Pick<Span, 'start'> & { readonly source: Pick<Source, 'path'> }): string =>
  `${String(start)} ${source.path}`;
