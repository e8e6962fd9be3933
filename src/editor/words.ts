import { spanText } from '../language/source.js';
import type { Block, Expression } from '../language/syntax.js';
import { shapeText, valueText, type Value } from '../model/instantiate/values.js';
import { defaultOf, valuesText, type ModelItem } from '../model/key-tables.js';
import { acceptedBy, type Form, type Key } from '../model/reading.js';
import type { Size } from '../model/network.js';

/** More backticks in a row than a text has, which no part of it can close. */
function fenceOf(text: string, least: number): string {
  const runs = text.match(/`+/g) ?? [];
  return '`'.repeat(runs.reduce((most, run) => Math.max(most, run.length + 1), least));
}

export function code(text: string): string {
  const fence = fenceOf(text, 3);
  return `${fence}rec\n${text}\n${fence}`;
}

/** A text of a spec or of data within a line of Markdown, as it is: none of it is read as markup. */
export function inlineCode(text: string, most = 80): string {
  const line = cut(text.replace(/[\s\p{Cc}]+/gu, ' '), most) || ' ';
  const fence = fenceOf(line, 1);
  const space = /^`|`$|^ .* $/.test(line) ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const markup: Readonly<Record<string, string>> = { '[': '&#91;', ']': '&#93;', '<': '&lt;' };

/**
 * A comment as Markdown that loads and runs nothing when it is shown: no images, no HTML, and no links but those to the web. It may
 * be a stranger's. Entities, unlike backslashes, keep their meaning after a backslash.
 */
export const prose = (doc: string): string =>
  doc.replace(/(?<=!)\[|\](?=:|\((?!https?:\/\/))|<(?=[a-z/!?])/gi, (mark) => markup[mark] ?? mark);

export const grouped = (n: number): string => n.toLocaleString('en-US');

/** `cross(x0: vector[d], depth: int = 2) -> vector[d]`, as it is written. */
export function signatureOf({ name, parameters, result, body }: Block): string {
  const { source, start } = name.span;
  const end = result?.span.end ?? parameters.at(-1)?.span.end ?? name.span.end;
  const text = source.text.slice(start, Math.min(end, body.span.start)).replace(/\s*[\r\n]\s*/g, ' ');
  const closed = result ? text : `${text}${parameters.length > 0 ? ')' : '()'}`;
  return closed.replace(/\(\s+/, '(').replace(/,?\s+\)/, ')');
}

/** `32`, `of history` or `batch`. */
const sizeOf = (size: Size): string =>
  typeof size === 'number' ? String(size) : size.ragged === 'batch' ? 'batch' : size.feature;

/** `[3 x 32]`; a scalar has no sizes. */
export const sizesText = (shape: readonly Size[]): string =>
  shape.length === 0 ? 'scalar' : `[${shape.map(sizeOf).join(' x ')}]`;

/** What a name of a network stands for, in a few words. */
export const valueWords = (value: Value): string => (value.kind === 'tensor' ? shapeText(value.shape) : valueText(value));

/** Meaning, values, default and source of a key. */
export function keyWords(name: string, key: Key<unknown>, of: string): string {
  const values = valuesText(acceptedBy(key.read));
  const given = defaultOf(key);
  return [
    `**${name}**${of === '' ? '' : ` of ${inlineCode(of)}`} — ${key.doc}`,
    ...(values.length > 0 ? [`Takes ${values.map(asValue).join(', ')}.`] : []),
    ...(given === undefined ? (key.required ? ['Required.'] : []) : [`Default: ${asValue(given)}.`]),
    ...(key.source === undefined ? [] : [`Source: ${key.source}.`]),
  ].join('\n\n');
}

/** Meaning of a section, and what it takes where it is a key of its own. */
export function sectionWords(name: string, item: ModelItem): string {
  const values = item.keys || item.entry ? [] : valuesText(item);
  return [
    `**${name}** — ${item.doc}`,
    ...(values.length > 0 ? [`Takes ${values.map(asValue).join(', ')}.`] : []),
    ...(item.defaultText === undefined ? [] : [`Default: ${asValue(item.defaultText)}.`]),
    ...(item.source === undefined ? [] : [`Source: ${item.source}.`]),
  ].join('\n\n');
}

const asValue = (text: string): string => (/^(?:a|an|as|the|what) /.test(text) || text.includes('`') ? text : `\`${text}\``);

export function formWords(name: string, { doc, source, keys }: Form): string {
  const rows = Object.entries(keys).map(([key, { doc: meaning }]) => `- \`${key}\`: ${meaning}`);
  return [
    `**${name}** — ${doc}`,
    ...(rows.length > 0 ? [rows.join('\n')] : []),
    ...(source === undefined ? [] : [`Source: ${source}.`]),
  ].join('\n\n');
}

/** A value as it is written, in one line. */
export function oneLine(e: Expression, most = 60): string {
  return cut(spanText(e.span).replace(/\s+/g, ' '), most);
}
