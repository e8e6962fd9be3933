import { typeScriptComment, typeScriptProperty, typeScriptString } from '../../encode/escape.js';

/** Source text that is known to be code. Plain strings are data: `ts` writes them as literals. */
export interface Code {
  readonly code: string;
}

export type Piece = Code | string | number | boolean | readonly Code[];

/**
 * The one way in which generated TypeScript is put together: the template is code, what stands in `${…}` is data. A text becomes a string
 * literal, a number a numeric literal, `Code` stands as it is, and a list of code is put on lines of its own.
 * Throws for a number that is not finite.
 */
export function ts(template: TemplateStringsArray, ...pieces: readonly Piece[]): Code {
  return { code: template.map((text, i) => text + (i < pieces.length ? printPiece(pieces[i] ?? '') : '')).join('') };
}

function printPiece(piece: Piece): string {
  if (typeof piece === 'string') return typeScriptString(piece);
  if (typeof piece === 'number') return printNumber(piece);
  if (typeof piece === 'boolean') return String(piece);
  return isCode(piece) ? piece.code : piece.map(({ code }) => code).join('\n');
}

function isCode(piece: Code | readonly Code[]): piece is Code {
  return 'code' in piece;
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${String(value)} cannot be written as a number`);
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.startsWith('-') ? `(${text})` : text;
}

/** Text that this compiler has printed as code, never a part of a spec. */
export function trusted(code: string): Code {
  return { code };
}

export const none: Code = { code: '' };

/** A name as code; throws if it is none. */
export function identifier(name: string): Code {
  if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no identifier`);
  return { code: name };
}

/** Any text as the name of a property in a type or an object literal. */
export function property(name: string): Code {
  return { code: typeScriptProperty(name) };
}

/** Any text as the member of an object: `.name`, or `["a name"]`. */
export function member(name: string): Code {
  const text = typeScriptProperty(name);
  if (text.startsWith('[')) return { code: text };
  return { code: text.startsWith('"') ? `[${text}]` : `.${text}` };
}

export function join(codes: readonly Code[], separator: ', ' | ' + ' | ' | ' | ' & ' | '\n' | '\n\n' = ', '): Code {
  return { code: codes.map(({ code }) => code).join(separator) };
}

/** An array literal. */
export function list(items: readonly (number | string | Code)[]): Code {
  return ts`[${join(items.map((item) => ts`${item}`))}]`;
}

/** A doc comment on lines of its own, or nothing. Its text cannot end the comment, nor be a directive of the compiler. */
export function doc(text: string | undefined): Code {
  if (text === undefined || text.trim() === '') return none;
  const lines = typeScriptComment(text)
    .replaceAll('@', '\\@')
    .split('\n')
    .map((line) => line.trimEnd());
  const [only = '', ...more] = lines;
  return {
    code: more.length === 0 ? `/** ${only} */\n` : `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`,
  };
}
