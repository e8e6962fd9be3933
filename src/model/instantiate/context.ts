import { spanText, type Span } from '../../language/source.js';
import type { Block, Name } from '../../language/syntax.js';
import type { DiagnosticDetails, Marked, Report } from '../diagnostics.js';
import type { Code, MessageParameters } from '../messages.js';
import type { CategoryFeature, Feature, Initializer, Label, NumberEmbedding, RowCount, Table } from '../model.js';
import { namesOfGraph, type Index, type Site, type Size, type State, type TensorNode, type Weight } from '../network.js';
import type { Functions } from './functions.js';
import type { Effort } from './limits.js';
import type { Element, TensorValue, Value } from './values.js';

/** Thrown after an error has been reported; the statement it happened in ends there. */
export class Stop extends Error {}

/** An axis being introduced: its size is known once something has it as a subscript. */
export interface OpenIndex {
  readonly id: number;
  readonly name: string;
  readonly span: Span;
  size: Size | undefined;
  /** Where the size came from. */
  from: Span | undefined;
}

export interface Scope {
  readonly parent?: Scope;
  readonly values: Map<string, Binding>;
  readonly indices: ReadonlyMap<string, OpenIndex>;
}

export interface Binding {
  value: Value;
  /** Names that keep their value: what they are, for the message. */
  readonly fixed?: 'a feature' | 'a parameter' | 'a size' | 'a loop variable';
  /** Where the value of a parameter or loop variable is written. */
  readonly from?: Span;
}

/** What the embeddings section says of tables that the network makes, and of numbers. */
export interface EmbeddingDefaults {
  readonly initializer: Initializer;
  readonly l2: number;
  /** Rows of a feature's table. */
  readonly rowsOf: (feature: CategoryFeature) => RowCount;
  /** Tables of which no size is said: how to say so. */
  readonly unsized: ReadonlyMap<string, () => void>;
  /** Sizes of the vectors that numbers are multiplied by. */
  readonly numbers: ReadonlyMap<string, NumberEmbedding>;
}

/** Options that a call hands to the weights within it. */
export interface WeightOptions {
  readonly init?: Initializer;
  readonly l2?: number;
  readonly frozen?: boolean;
}

/** One call being expanded. */
export interface Frame {
  readonly parent?: Frame;
  readonly block: string;
  readonly call: Span;
  readonly isStd: boolean;
  /** Names at the call. */
  readonly scope: Scope;
}

/** State of one expansion of a network. */
export interface Context {
  readonly functions: Functions;
  readonly features: readonly Feature[];
  /** Those of the embeddings section, and those that the network makes. */
  readonly tables: Map<string, Table>;
  readonly embeddings: EmbeddingDefaults;
  readonly labels: readonly Label[];
  readonly report: Report;
  /** Of weights that do not say their own. */
  readonly initializer: Initializer;
  readonly nodes: TensorNode[];
  readonly weights: Map<string, Weight>;
  readonly states: Map<string, State>;
  /** Paths of the network's names: all that a name is given, again and again, is below one. */
  readonly names: Map<string, Path>;
  readonly root: Path;
  readonly sites: Map<string, Site>;
  /** Names of noise inputs that are taken. */
  readonly noises: Path;
  /** Losses that the network says, by label. */
  readonly losses: Map<string, Element>;
  /** Every span of the standard library, told from the user's. */
  readonly isStd: (span: Span) => boolean;
  /** Nodes of features and of their sequences, by site or name: made once. */
  readonly featureNodes: Map<string, TensorValue>;
  /** What a name of the user's text stands for from there on. */
  readonly observe: ((name: Name, value: Value) => void) | undefined;
  readonly indexOf: (open: OpenIndex) => Index;
  nextIndex: number;
  calls: number;
  readonly effort: Effort;
  active: Block[];
}

/** Where in the expansion we stand: names of weights, options, and the trace of calls. */
export interface Place {
  readonly context: Context;
  readonly scope: Scope;
  readonly frame?: Frame;
  readonly path: Path;
  readonly options: WeightOptions;
  /** The name being assigned, which a weight takes and a network's own call is called by. */
  readonly target?: string;
  /** Turns of the loops of the network itself. */
  readonly turns?: readonly number[];
  /** Within a later call of a shared function: weights are found, not made. */
  readonly reuse?: boolean;
}

/** Below the outermost expression nothing takes the name that is being assigned. */
export function inner(place: Place): Place {
  if (place.target === undefined) return place;
  const { target: _, ...rest } = place;
  return rest;
}

/** A component of weight names, which numbers equal ones within it. */
export interface Path {
  readonly text: string;
  readonly used: Map<string, number>;
}

/** Of a network: what the graph needs for itself counts as taken. */
export const rootPath = (): Path => ({ text: '', used: new Map(namesOfGraph.map((name) => [name, 1])) });

/** A path below another; the second equal one is `name_2`. */
export function below(path: Path, name: string): Path {
  return { text: numbered(path, name), used: new Map() };
}

/** A name below a path, numbered if it is taken. */
export function numbered(path: Path, name: string): string {
  for (;;) {
    const count = (path.used.get(name) ?? 0) + 1;
    path.used.set(name, count);
    const unique = count === 1 ? name : `${name}_${String(count)}`;
    if (count === 1 || !path.used.has(unique)) {
      if (count > 1) path.used.set(unique, 1);
      return path.text === '' ? unique : `${path.text}.${unique}`;
    }
  }
}

const noIndices: ReadonlyMap<string, OpenIndex> = new Map();

export const childScope = (parent?: Scope, indices = noIndices): Scope => ({
  values: new Map(),
  indices,
  ...(parent && { parent }),
});

export function findBinding(scope: Scope | undefined, name: string): Binding | undefined {
  for (let s = scope; s; s = s.parent) {
    const found = s.values.get(name);
    if (found) return found;
  }
  return undefined;
}

export function findIndex(scope: Scope | undefined, name: string): OpenIndex | undefined {
  for (let s = scope; s; s = s.parent) {
    const found = s.indices.get(name);
    if (found) return found;
  }
  return undefined;
}

/** Every name that stands for a value or index here, for suggestions. */
export function visibleNames(scope: Scope): readonly string[] {
  const names: string[] = [];
  for (let s: Scope | undefined = scope; s; s = s.parent) names.push(...s.values.keys(), ...s.indices.keys());
  return names;
}

/** Where a place of the library leads: to what the user wrote for the name that stands there, if it is one, else to the call. */
const outside = (frame: Frame, scope: Scope, span: Span): Span => findBinding(scope, spanText(span))?.from ?? frame.call;

/** The user's text that a place of the library was reached from. */
export function userSpan({ context, frame: innermost, scope: names }: Place, span: Span): Span {
  let [user, scope] = [span, names];
  for (let frame = innermost; frame && context.isStd(user); frame = frame.parent) {
    user = outside(frame, scope, user);
    scope = frame.scope;
  }
  return user;
}

/**
 * Reports at the user's line: an error inside a library block stands at the user's call of it, with the library's line as a note.
 * Never returns.
 */
export function fail<C extends Code>(
  place: Place,
  code: C,
  span: Span,
  parameters: MessageParameters<C>,
  details: DiagnosticDetails = {},
): never {
  const { context } = place;
  const trace: Marked[] = [];
  let main = span;
  const notes: Marked[] = [...(details.notes ?? [])];
  let label = details.label;
  let { scope } = place;
  for (let frame = place.frame; frame; frame = frame.parent) {
    if (context.isStd(main)) {
      if (main === span) notes.unshift({ span, text: label === undefined || label === '' ? `in \`${frame.block}\`` : label });
      const out = outside(frame, scope, main);
      label = out === frame.call && !context.isStd(out) ? `in this call of \`${frame.block}\`` : '';
      main = out;
    } else trace.push({ span: frame.call, text: `in \`${frame.block}\`, called here` });
    scope = frame.scope;
  }
  const own = main === span;
  context.report(code, main, parameters, {
    ...details,
    ...(label !== undefined && { label }),
    labels: own ? (details.labels ?? []) : [],
    notes: own ? notes : [...notes, ...(details.labels ?? [])],
    trace,
  });
  throw new Stop();
}
