import { spanText, type Span } from '../language/source.js';
import type { Argument, Call, Entry, Expression, Name } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { oneOf } from './messages.js';
import { meant, nearest } from './suggest.js';
import { synonymAmong } from './synonyms.js';

/** A value read from the spec, with the place it came from. */
export interface Located<T> {
  readonly value: T;
  readonly span: Span;
  /** The key that was given, where it had one. */
  readonly key: Span;
}

/** Reads one value, or reports what is wrong with it and returns undefined. `where` names the key for messages. */
export interface Reader<T> extends Accepts {
  (expression: Expression, where: string, report: Report): T | undefined;
}

/** What a reader takes, for hovers, completion and the manual. */
export interface Accepts {
  /** In words: `a whole number ≥ 1`. */
  readonly wanted?: string;
  /** Bare words. */
  readonly words?: readonly string[];
  /** What may be written as a call, by name; one whose keys are all optional may stand without brackets. */
  readonly calls?: Readonly<Record<string, Form>>;
  /** The keys of a record. */
  readonly record?: Keys;
  /** What a record has under names that the user chooses. */
  readonly entry?: Accepts;
  /** What the elements of a list are. */
  readonly element?: Accepts;
  /** Names of what is declared elsewhere. */
  readonly names?: 'column' | 'feature' | 'label' | 'metric' | 'tensor' | 'file' | 'function';
}

/** A call or record with keys of its own. */
export interface Form {
  readonly doc: string;
  /** Paper or library that it comes from. */
  readonly source?: string;
  readonly keys: Keys;
}

/** What a reader takes, without the reader. */
export const acceptedBy = (read: Accepts): Accepts => Object.fromEntries(Object.entries(read));

/** A reader that says what it takes. */
export const taking = <T>(accepts: Accepts, read: (...given: Parameters<Reader<T>>) => T | undefined): Reader<T> =>
  Object.assign((...given: Parameters<Reader<T>>) => read(...given), accepts);

export interface Key<T> {
  readonly read: Reader<T>;
  /** One sentence for hovers and the manual. */
  readonly doc: string;
  readonly required?: boolean;
  /** Its place when it is given without its name. */
  readonly position?: number;
  /** A bare word that stands for `true`: `number(log1p)`. */
  readonly flag?: boolean;
  /** What it is where it is not given. */
  readonly default?: T;
  /** The default as a spec says it, or in words; needed where it is no number, truth value or word. */
  readonly defaultText?: string;
  /** Paper or library that the default comes from. */
  readonly source?: string;
}

/** A key that has a value where it is not given. */
export type Defaulted<T> = Key<T> & { readonly default: T };

export type Keys = Readonly<Record<string, Key<unknown>>>;
type ValueOf<K> = K extends Key<infer T> ? T : never;
export type Read<T extends Keys> = { readonly [K in keyof T]?: Located<ValueOf<T[K]>> };

/** `key: value`, from a record's entry or a call's argument. */
export interface Given {
  readonly name?: Name;
  readonly value: Expression;
}

export function key<T>(
  doc: string,
  read: Reader<T>,
  more: Omit<Key<T>, 'doc' | 'read' | 'default'> & { readonly default: NoInfer<T> },
): Defaulted<T>;
export function key<T>(doc: string, read: Reader<T>, more?: Omit<Key<T>, 'doc' | 'read'>): Key<T>;
export function key<T>(doc: string, read: Reader<T>, more: Omit<Key<T>, 'doc' | 'read'> = {}): Key<T> {
  return { doc, read, ...more };
}

/** Reads the keys of one section, call or record; every unknown, repeated or missing one is reported. */
export function readKeys<T extends Keys>(keys: T, given: readonly Given[], where: string, whole: Span, report: Report): Read<T> {
  const read: Record<string, Located<unknown>> = {};
  const seen = new Map<string, Span>();
  let position = 0;
  let nameless = false;
  /** Keys that a misspelt one is taken for: they are not missing besides. */
  const misspelt = new Set<string>();
  for (const { name, value } of given) {
    const bare = name === undefined;
    const flag =
      bare && value.kind === 'name' && Object.hasOwn(keys, value.text) && keys[value.text]?.flag === true
        ? value.text
        : undefined;
    const placed = bare && flag === undefined ? Object.keys(keys).find((k) => keys[k]?.position === position) : undefined;
    const text = name?.text ?? flag ?? placed;
    const at = name?.span ?? value.span;
    if (bare && flag === undefined) position += 1;
    if (text === undefined || !Object.hasOwn(keys, text)) {
      const spoken = text ?? (value.kind === 'name' ? value.text : undefined);
      if (spoken === undefined || (text === undefined && Object.hasOwn(keys, spoken))) {
        nameless = true;
        report(
          'wrong-value',
          at,
          { where, wanted: 'given by name', found: describe(value) },
          { help: spoken === undefined ? `write \`name: value\`; ${offer(keys)}` : `write \`${spoken}: …\`` },
        );
        continue;
      }
      const near = nearest(spoken, Object.keys(keys)) ?? synonymAmong(spoken, (known) => Object.hasOwn(keys, known))?.key;
      if (near !== undefined) misspelt.add(near);
      report('unknown-key', at, { key: spoken, where }, meant(at, Object.keys(keys), offer(keys)));
      continue;
    }
    const before = seen.get(text);
    if (before) {
      report(
        'duplicate-name',
        at,
        { what: `keys of ${where}`, name: text },
        { notes: [{ span: before, text: 'the first one is here' }] },
      );
      continue;
    }
    seen.set(text, at);
    const known = keys[text];
    if (!known) continue;
    const got = flag === undefined ? known.read(value, `\`${text}\` of ${where}`, report) : true;
    if (got !== undefined) read[text] = { value: got, span: value.span, key: at };
  }
  for (const [name, k] of Object.entries(keys)) {
    if (k.required && !nameless && !seen.has(name) && !misspelt.has(name))
      report('missing-key', whole, { key: name, where }, { help: k.doc });
  }
  return read as Read<T>;
}

const offer = (keys: Keys): string => {
  const names = Object.keys(keys).filter((name) => keys[name]?.read !== undefined);
  return names.length === 0 ? 'it takes nothing' : `it has ${oneOf(names.map((n) => `\`${n}\``))}`;
};

export const givenArguments = (call: Call): readonly Given[] =>
  call.arguments.map((a: Argument) => ({ value: a.value, ...(a.name && { name: a.name }) }));
export const givenEntries = (entries: readonly Entry[]): readonly Given[] =>
  entries.map((e) => ({ name: e.name, value: e.value }));

/** What a reader calls an expression it did not want. */
export function describe(e: Expression): string {
  switch (e.kind) {
    case 'number':
      return e.text;
    case 'string':
      return JSON.stringify(e.value).length > 40 ? 'a text' : JSON.stringify(e.value);
    case 'boolean':
      return String(e.value);
    case 'name':
      return e.text === '' ? 'nothing' : `\`${e.text}\``;
    case 'list':
    case 'comprehension':
      return 'a list';
    case 'record':
      return 'a record';
    case 'call':
      return e.callee.kind === 'name' ? `\`${e.callee.text}(…)\`` : 'a call';
    case 'group':
      return describe(e.inner);
    case 'hole':
      return 'a hole';
    case 'unary':
      return e.operator === '-' && e.operand.kind === 'number' ? `-${e.operand.text}` : 'an expression';
    case 'if':
      return '`if`';
    case 'subscript':
    case 'member':
    case 'binary':
      return 'an expression';
    default:
      return e satisfies never;
  }
}

/** A number as it is written, with its sign. */
export function literal(e: Expression): number | undefined {
  if (e.kind === 'number') return e.value;
  if (e.kind === 'group') return literal(e.inner);
  if (e.kind === 'unary' && e.operator === '-') {
    const inner = literal(e.operand);
    return inner === undefined ? undefined : -inner;
  }
  return undefined;
}

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** The bounds themselves are not allowed. */
  readonly above?: number;
  readonly below?: number;
  readonly integer?: boolean;
}

export function rangeText(range: NumberRange): string {
  const noun = range.integer ? 'a whole number' : 'a number';
  const low = range.above === undefined ? (range.min === undefined ? '' : `≥ ${String(range.min)}`) : `> ${String(range.above)}`;
  const high = range.below === undefined ? (range.max === undefined ? '' : `≤ ${String(range.max)}`) : `< ${String(range.below)}`;
  return [noun, [low, high].filter((t) => t !== '').join(' and ')].filter((t) => t !== '').join(' ');
}

export const inRange = (value: number, range: NumberRange): boolean =>
  Number.isFinite(value) &&
  (!range.integer || Number.isSafeInteger(value)) &&
  !(range.min !== undefined && value < range.min) &&
  !(range.max !== undefined && value > range.max) &&
  !(range.above !== undefined && value <= range.above) &&
  !(range.below !== undefined && value >= range.below);

export const numberIn = (range: NumberRange): Reader<number> =>
  taking({ wanted: rangeText(range) }, (e, where, report) => {
    const value = literal(e);
    if (value === undefined) report('wrong-value', e.span, { where, wanted: rangeText(range), found: describe(e) });
    else if (!inRange(value, range)) report('out-of-range', e.span, { where, wanted: rangeText(range), found: describe(e) });
    else return value;
    return undefined;
  });

export const text: Reader<string> = taking({ wanted: 'a text in quotes' }, (e, where, report) => {
  if (e.kind === 'string') return e.value;
  report('wrong-value', e.span, { where, wanted: 'a text in quotes', found: describe(e) });
  return undefined;
});

/** A text of at least one character. */
export const filledText: Reader<string> = taking({ wanted: 'a text in quotes' }, (e, where, report) => {
  const value = text(e, where, report);
  if (value !== '') return value;
  report('wrong-value', e.span, { where, wanted: 'a text of one or more characters', found: '""' });
  return undefined;
});

export const truth: Reader<boolean> = taking({ words: ['true', 'false'] }, (e, where, report) => {
  if (e.kind === 'boolean') return e.value;
  report('wrong-value', e.span, { where, wanted: '`true` or `false`', found: describe(e) });
  return undefined;
});

/** A bare name that refers to a feature or a tensor. */
export const name: Reader<Name> = (e, where, report) => {
  // The parser has said that one without letters is missing.
  if (e.kind === 'name') return e.text === '' ? undefined : e;
  report(
    'wrong-value',
    e.span,
    { where, wanted: 'a name', found: describe(e) },
    e.kind === 'string' ? { help: 'leave the quotes out' } : {},
  );
  return undefined;
};

/** A bare name of what is declared elsewhere. */
export const nameOf = (what: 'feature' | 'tensor'): Reader<Name> => taking({ wanted: `a ${what}`, names: what }, name);

/** Whether a text can be the name of a column. */
export const isColumn = (text: string): boolean => text !== '' && !text.includes('\0');

/** A column: a name, or a text in quotes where it is no name. */
export const columnName: Reader<string> = taking({ wanted: 'a column', names: 'column' }, (e, where, report) => {
  if (e.kind === 'name') return e.text;
  if (e.kind === 'string' && isColumn(e.value)) return e.value;
  report('wrong-value', e.span, { where, wanted: 'the name of a column', found: describe(e) });
  return undefined;
});

export const word = <const T extends string>(...words: readonly T[]): Reader<T> =>
  taking({ words }, (e, where, report) => {
    const found = e.kind === 'name' ? words.find((w) => w === e.text) : undefined;
    if (found !== undefined) return found;
    report(
      'wrong-value',
      e.span,
      { where, wanted: oneOf(words.map((w) => `\`${w}\``)), found: describe(e) },
      e.kind === 'name' ? meant(e.span, words) : {},
    );
    return undefined;
  });

/** A word that will exist one day is `not-yet`; the others are as `word` says. */
export const wordOrNotYet = <const T extends string>(words: readonly T[], later: readonly string[]): Reader<T> =>
  taking({ words }, (e, where, report) => {
    const spoken = e.kind === 'name' ? e.text : e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
    if (spoken !== undefined && later.includes(spoken)) {
      report('not-yet', e.span, { what: `\`${spoken}\` as ${where}` });
      return undefined;
    }
    return word(...words)(e, where, report);
  });

export const listOf = <T>(read: Reader<T>, least = 0): Reader<readonly T[]> =>
  taking({ element: read }, (e, where, report) => {
    if (e.kind !== 'list') {
      report('wrong-value', e.span, { where, wanted: 'a list', found: describe(e) }, { help: 'put it in [ ]' });
      return undefined;
    }
    if (e.elements.length < least) {
      report('wrong-value', e.span, {
        where,
        wanted: `a list of ${String(least)} or more`,
        found: `of ${String(e.elements.length)}`,
      });
      return undefined;
    }
    const values = e.elements.map((x) => read(x, `an element of ${where}`, report));
    return values.every((v) => v !== undefined) ? values : undefined;
  });

/** One value, or a list of them. */
export const oneOrMore = <T>(read: Reader<T>): Reader<readonly T[]> =>
  taking({ ...acceptedBy(read), element: read }, (e, where, report) => {
    if (e.kind === 'list') return listOf(read, 1)(e, where, report);
    const value = read(e, where, report);
    return value === undefined ? undefined : [value];
  });

/** A list in which nothing stands twice; `what` its elements are called. */
export const distinct = <T>(
  what: string,
  read: Reader<readonly T[]>,
  identity: (value: T) => unknown = (value) => value,
): Reader<readonly T[]> =>
  taking(acceptedBy(read), (e, where, report) => {
    const values = read(e, where, report);
    const seen = new Set<unknown>();
    values?.forEach((value, i) => {
      const id = identity(value);
      const at = e.kind === 'list' ? e.elements[i] : undefined;
      if (seen.has(id) && at)
        report('duplicate-name', at.span, { what, name: at.kind === 'string' ? at.value : spanText(at.span) });
      seen.add(id);
    });
    return values;
  });
