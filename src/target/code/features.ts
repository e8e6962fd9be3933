import { columnReads } from '../../encode/expressions/columns.js';
import { printTypeScript } from '../../encode/expressions/print-typescript.js';
import type {
  CategoryEncoder,
  EncoderProgram,
  FeatureEncoder,
  LabelEncoder,
  NumberEncoder,
  TimeEncoder,
} from '../../encode/program.js';
import { cycleSeconds, unitsPerSecond } from '../../encode/time.js';
import { isInvalid, readNumber, readTime } from '../../encode/values.js';
import { identifier, list, member, none, trusted, ts, type Code } from './code.js';
import { createNames } from './names.js';
import type { EncoderName } from './encoder-parts.js';
import { encoderParts } from './encoder-parts.js';

type RowExpression = NumberEncoder['value'];

/** What a feature adds to `encoder.ts`. */
export interface FeatureCode {
  /** A function that reads the feature from a row, before anything that is learned comes in. */
  readonly reader: Code;
  /** Its name. */
  readonly name: Code;
  /** What the reader gives: one text or several of a category, or numbers. */
  readonly gives: 'text' | 'texts' | 'row' | 'number' | 'numbers';
  /** The encoded value, in terms of `example`. */
  readonly encoded: Code;
  /** Type of the encoded value. */
  readonly type: Code;
}

export interface EncoderNames {
  /** Of the reader of a feature. */
  readonly reader: (feature: string) => string;
  /** Of what reads all values of a feature that stand place by place. */
  readonly places: (feature: string) => string;
  /** Of the index of a learned vocabulary or of listed values. */
  readonly index: (codes: CategoryEncoder) => string;
}

interface Context {
  readonly program: EncoderProgram;
  readonly names: EncoderNames;
  /** Notes that a helper is used, and gives its name. */
  readonly use: (name: EncoderName) => Code;
}

export function featureCode(feature: FeatureEncoder, context: Context): FeatureCode {
  switch (feature.kind) {
    case 'category':
      return categoryCode(feature, context);
    case 'number':
      return numberCode(feature, context);
    case 'time':
      return timeCode(feature, context);
    case 'vector': {
      const { use } = context;
      const value = feature.value.kind === 'column' ? columnCode(feature.value.name, context) : ts`null`;
      const made = reader(
        feature.name,
        context,
        ts`readonly number[]`,
        none,
        ts`${use('readVector')}(${value}, ${feature.size})`,
      );
      return {
        ...made,
        gives: 'numbers',
        encoded: ts`${made.name}(example).map((x) => ${use('toFloat')}(x))`,
        type: ts`readonly number[]`,
      };
    }
    default:
      return feature satisfies never;
  }
}

function reader(
  feature: string,
  { names }: Context,
  type: Code,
  prelude: Code,
  result: Code,
): { readonly name: Code; readonly reader: Code } {
  const name = identifier(names.reader(feature));
  return { name, reader: ts`function ${name}(example: Example): ${type} {\n${prelude}return ${result};\n}` };
}

const columnCode = (name: string, { use }: Context): Code => ts`${use('column')}(example, ${name})`;

const readers = {
  text: 'readText',
  number: 'readNumber',
  boolean: 'readBoolean',
  time: 'readTime',
} as const satisfies Record<RowExpression['type'], EncoderName>;

interface ValueCode {
  /** Reads the columns. */
  readonly prelude: Code;
  /** The value, or null where it is missing. */
  readonly code: Code;
  readonly type: RowExpression['type'];
}

/** An expression over the columns of `example`. */
export function valueCode(value: RowExpression, context: Context): ValueCode {
  const { use } = context;
  const read = (name: string, type: RowExpression['type']): Code => ts`${use(readers[type])}(${columnCode(name, context)})`;
  if (value.kind === 'column') return { prelude: none, code: read(value.name, value.type), type: value.type };
  const newName = createNames(['example', 'given', ...Object.keys(encoderParts)]);
  const columns = columnReads(value).map((column) => ({ column, name: newName(column.name) }));
  const prelude = columns.map(({ column, name }) => ts`const ${identifier(name)} = ${read(column.name, column.type)};`);
  const code = printTypeScript(
    value,
    ({ name, type }) => columns.find(({ column }) => column.name === name && column.type === type)?.name ?? 'null',
  );
  return { prelude: ts`${prelude}${prelude.length > 0 ? ts`\n` : none}`, code: trusted(code), type: value.type };
}

/** The same as `number | null`. */
function numericCode(value: ValueCode, { use }: Context): Code {
  return value.type === 'number' || value.type === 'time' ? value.code : ts`${use('numbered')}(${value.code})`;
}

// ── Categories ──────────────────────────────────────────────────────────────────────────────────

/** Whether a code is a function of a number, and may refuse it. */
function isNumbered({ codes }: CategoryEncoder): boolean {
  return codes.kind === 'size' || codes.kind === 'buckets';
}

const whole = ts`readonly number[]`;
const blanks = ts`.map((text) => text ?? "")`;

function categoryCode(feature: CategoryEncoder, context: Context): FeatureCode {
  if (feature.cross) return crossCode(feature, feature.cross, context);
  const value: RowExpression = feature.value ?? { kind: 'column', name: feature.name, type: 'text' };
  const { use } = context;
  if (feature.many) {
    const { maxLength } = feature.many;
    const made = feature.keepsPlaces
      ? placesReader(feature, value, context)
      : reader(
          feature.name,
          context,
          ts`readonly string[]`,
          ...bagCode(value, context, (code) => {
            const otherwise = feature.default === undefined ? ts`[]` : list([feature.default]);
            const cut = feature.many?.separator ?? ts`undefined`;
            return ts`${use('readBag')}(${code}, ${cut}, ${maxLength ?? ts`undefined`}) ?? ${otherwise}`;
          }),
        );
    const encoded = ts`${made.name}(example).map((text) => ${idCode(feature, ts`text`, context)})`;
    return { ...made, gives: 'texts', encoded, type: whole };
  }
  const read = valueCode(value, context);
  if (isNumbered(feature)) {
    const number = read.type === 'number' || read.type === 'time' ? read.code : ts`${use('readNumber')}(${read.code})`;
    const fallback = feature.default === undefined ? null : readNumber(feature.default);
    const given = typeof fallback === 'number' ? ts`${number} ?? ${fallback}` : number;
    const made = reader(feature.name, context, ts`number`, read.prelude, numberedCode(feature, given, context));
    return { ...made, gives: 'row', encoded: ts`${made.name}(example)`, type: ts`number` };
  }
  const text = read.type === 'text' ? read.code : ts`${use('readText')}(${read.code})`;
  const given = feature.default === undefined ? text : ts`${text} ?? ${feature.default}`;
  const made = reader(feature.name, context, ts`string | null`, read.prelude, given);
  return { ...made, gives: 'text', encoded: idCode(feature, ts`${made.name}(example)`, context), type: ts`number` };
}

/** The statements before a bag is read, and its texts. */
function bagCode(value: RowExpression, context: Context, read: (code: Code) => Code): [prelude: Code, result: Code] {
  if (value.kind === 'column') return [none, read(columnCode(value.name, context))];
  const { prelude, code } = valueCode(value, context);
  return [prelude, read(code)];
}

/** Values that keep their places: as many as those of the feature beside which they stand, before any are cut off. */
function placesReader(
  feature: CategoryEncoder,
  value: RowExpression,
  context: Context,
): { readonly name: Code; readonly reader: Code } {
  const { use, names } = context;
  const text = feature.default === undefined ? ts`string | null` : ts`string`;
  const places = identifier(names.places(feature.name));
  const filled = feature.default === undefined ? none : ts`.map((text) => text ?? ${feature.default})`;
  const [prelude, all] = bagCode(
    value,
    context,
    (code) => ts`${use('readPlaces')}(${code}, ${feature.many?.separator ?? ts`undefined`})${filled}`,
  );
  const beside = feature.many?.parallel;
  const given = ts`${places}(example)`;
  const checked =
    beside === undefined ? given : ts`${use('beside')}(${given}, ${beside}, ${identifier(names.places(beside))}(example).length)`;
  const limit = feature.many?.maxLength;
  const cut = limit === undefined ? none : ts`.slice(0, ${limit})`;
  const made = reader(feature.name, context, ts`readonly (${text})[]`, none, ts`${checked}${cut}`);
  return {
    ...made,
    reader: ts`function ${places}(example: Example): readonly (${text})[] {\n${prelude}return ${all};\n}\n\n${made.reader}`,
  };
}

/** Every combination of one text of each part, joined by U+001F. Without `many` the first of them. */
function crossCode(feature: CategoryEncoder, parts: readonly string[], context: Context): FeatureCode {
  const found = parts.flatMap((name) => {
    const part = context.program.features.find((one) => one.name === name);
    return part?.kind === 'category' ? [{ ...featureCode(part, context), part }] : [];
  });
  const texts = list(
    found.map(({ name, gives, part }) => {
      if (gives === 'texts') return ts`${name}(example)${part.keepsPlaces && part.default === undefined ? blanks : none}`;
      return gives === 'row' ? ts`[String(${name}(example))]` : ts`[${name}(example) ?? ""]`;
    }),
  );
  const limit = feature.many ? feature.many.maxLength : 1;
  const cut = limit === undefined || found.every(({ gives }) => gives !== 'texts') ? none : ts`.slice(0, ${limit})`;
  const made = reader(feature.name, context, ts`readonly string[]`, none, ts`${context.use('combinations')}(${texts})${cut}`);
  const encoded = feature.many
    ? ts`${made.name}(example).map((text) => ${idCode(feature, ts`text`, context)})`
    : idCode(feature, ts`${made.name}(example)[0] ?? null`, context);
  return { ...made, gives: 'texts', encoded, type: feature.many ? whole : ts`number` };
}

/** Row of the table for a text. */
function idCode(feature: CategoryEncoder, text: Code, context: Context): Code {
  const { codes } = feature;
  switch (codes.kind) {
    case 'vocabulary':
    case 'values':
      return ts`${context.use('rowOf')}(${identifier(context.names.index(feature))}, ${text})`;
    case 'hash':
      return ts`${context.use('hash')}(${text}, ${codes.buckets})`;
    case 'size':
    case 'buckets':
      return numberedCode(feature, ts`${context.use('readNumber')}(${text})`, context);
    default:
      return codes satisfies never;
  }
}

function numberedCode({ codes }: CategoryEncoder, number: Code, { use }: Context): Code {
  if (codes.kind === 'size') return ts`${use('wholeBelow')}(${codes.size}, ${number})`;
  return ts`${use('bucketOf')}(${list(codes.kind === 'buckets' ? codes.boundaries : [])}, ${number})`;
}

// ── Numbers, times, labels ──────────────────────────────────────────────────────────────────────

const statistics = (feature: string): Code => ts`state.statistics${member(feature)}`;

function numberCode(feature: NumberEncoder, context: Context): FeatureCode {
  const { use } = context;
  const value = valueCode(feature.value, context);
  const number = numericCode(value, context);
  const given = feature.default === undefined ? ts`${use('required')}(${number})` : ts`${number} ?? ${feature.default}`;
  const transformed = feature.transforms.includes('log1p') ? ts`${use('log1p')}(${given})` : given;
  const made = reader(feature.name, context, ts`number`, value.prelude, ts`${use('asFloat')}(${transformed})`);
  const statistic = feature.transforms.includes('standardize') ? ts`, ${statistics(feature.name)}[0]` : none;
  return { ...made, gives: 'number', encoded: ts`${use('toFloat')}(${made.name}(example)${statistic})`, type: ts`number` };
}

function timeCode(feature: TimeEncoder, context: Context): FeatureCode {
  const { use } = context;
  const value = valueCode(feature.value, context);
  const number = numericCode(value, context);
  const divisor = unitsPerSecond[feature.unit ?? 'second'];
  const scale = divisor === 1 ? none : ts` / ${divisor}`;
  const fallback = feature.default === undefined ? null : readTime(feature.default);
  const seconds =
    fallback === null || isInvalid(fallback)
      ? { prelude: none, code: ts`${use('required')}(${number})${scale}` }
      : { prelude: ts`const given = ${number};\n`, code: ts`given === null ? ${fallback} : given${scale}` };
  const lengths = list(feature.cycles.map((cycle) => cycleSeconds[cycle]));
  const prelude = ts`${value.prelude}${seconds.prelude}`;
  const made = reader(feature.name, context, whole, prelude, ts`${use('cyclicTime')}(${seconds.code}, ${lengths})`);
  const encoded = feature.standardize
    ? ts`${made.name}(example).map((x, i) => ${use('toFloat')}(x, ${statistics(feature.name)}[i]))`
    : ts`${made.name}(example).map((x) => ${use('toFloat')}(x))`;
  return { ...made, gives: 'numbers', encoded, type: whole };
}

/** A function that reads a label. */
export function labelCode(label: LabelEncoder, name: string, context: Context): Code {
  const { use } = context;
  const value = valueCode(label.value, context);
  const number = numericCode(value, context);
  const result =
    label.task === 'class'
      ? ts`${use('classLabel')}(${label.classes ?? 0}, ${number})`
      : ts`${use(label.task === 'binary' ? 'binaryLabel' : 'numberLabel')}(${number})`;
  return ts`function ${identifier(name)}(example: LabelledExample): number {\n${value.prelude}return ${result};\n}`;
}
