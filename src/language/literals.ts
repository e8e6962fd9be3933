import type { SyntaxProblem } from './problems.js';
import { spanText, type Span } from './source.js';
import type { NumberLiteral, StringLiteral } from './syntax.js';

interface Read<Node> {
  readonly node: Node;
  readonly problems: readonly SyntaxProblem[];
}

/** Reads `1_000`, `0.5`, `1e-3`. A whole number beyond 2^53, or one that is not finite, would silently be another one. */
export function readNumber(text: string, span: Span): Read<NumberLiteral> {
  const value = Number(text.replaceAll('_', ''));
  const whole = /^[0-9_]+$/.test(text);
  const tooLarge = !Number.isFinite(value) || (whole && value > Number.MAX_SAFE_INTEGER);
  const problems: SyntaxProblem[] = tooLarge ? [{ code: 'number-too-large', span, found: text }] : [];
  return { node: { kind: 'number', value, text, span }, problems };
}

/** A finite number as the language writes it: whole ones beyond 2^53 with an exponent. */
export function writeNumber(value: number): string {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };

/** Reads a string with its quotes; `terminated` is false where the line ended before the closing quote. */
export function readString(text: string, span: Span, terminated: boolean): Read<StringLiteral> {
  const problems: SyntaxProblem[] = terminated ? [] : [{ code: 'unterminated-string', span, expected: ["'\"'"] }];
  const inside = text.slice(1, terminated ? -1 : undefined);
  const value = inside.replace(
    /\\(?:u([0-9a-fA-F]{4})|([^]?))/g,
    (written: string, unicode?: string, short?: string, at?: number) => {
      if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16));
      const character = escapes[short ?? ''];
      if (character !== undefined) return character;
      const start = span.start + 1 + (at ?? 0);
      problems.push({
        code: 'unknown-escape',
        span: { source: span.source, start, end: start + written.length },
        found: written,
        expected: ['\\n', '\\t', '\\r', '\\"', '\\\\', '\\uXXXX'],
      });
      return short ?? '';
    },
  );
  return { node: { kind: 'string', value, span }, problems };
}

/** A string as it was written, where its text says so; the compiler's own as the language writes it. */
export function stringText({ value, span }: StringLiteral): string {
  const written = spanText(span);
  const isString = /^"(?:[^"\\\r\n]|\\[^\r\n])*"$/.test(written);
  const read = isString ? readString(written, span, true) : undefined;
  return read?.problems.length === 0 && read.node.value === value ? written : writeString(value);
}

/** The string as the language writes it: control characters and lone surrogates as `\uXXXX`. */
export function writeString(value: string): string {
  const short = new Map(Object.entries(escapes).map(([letter, character]) => [character, `\\${letter}`]));
  const inside = value.replace(
    /["\\\p{Cc}\u2028\u2029]|\p{Surrogate}/gu,
    (character) => short.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${inside}"`;
}
