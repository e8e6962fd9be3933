import { MarkupKind, type Hover, type Position } from 'vscode-languageserver';
import type { Column } from './host.js';
import { featureWords, labelWords, modelWords, tableWords, tensorWords } from './declared-words.js';
import { occurrenceAt, occurrencesOf } from './occurrences.js';
import { offsetAt, rangeOf } from './places.js';
import type { Declared, Symbol } from './symbols.js';
import { code, formWords, inlineCode, keyWords, prose, sectionWords, oneLine, signatureOf } from './words.js';
import type { Analysis } from './workspace.js';

/** What the name at a place means, in Markdown. */
export function hover(analysis: Analysis, at: Position, columns: readonly Column[]): Hover | undefined {
  const occurrence = occurrenceAt(occurrencesOf(analysis.checked.spec), offsetAt(analysis.source, at));
  if (!occurrence) return undefined;
  const value = words(occurrence.symbol, analysis, columns);
  return value === undefined ? undefined : { contents: { kind: MarkupKind.Markdown, value }, range: rangeOf(occurrence.span) };
}

function words(symbol: Symbol, analysis: Analysis, columns: readonly Column[]): string | undefined {
  switch (symbol.kind) {
    case 'builtin': {
      const { doc, parameters } = symbol.builtin;
      const given = parameters.map(({ name, optional }) => (optional === true ? `${name}?` : name));
      return paragraphs(code(`${symbol.name}(${given.join(', ')})`), doc);
    }
    case 'column':
      return columnWords(symbol.name, columns);
    case 'key':
      return keyWords(symbol.name, symbol.key, symbol.of);
    case 'form':
      return formWords(symbol.name, symbol.form);
    case 'section':
      return sectionWords(symbol.name, symbol.item);
    case 'word':
      return symbol.doc === undefined ? undefined : paragraphs(`**${symbol.name}**`, symbol.doc);
    case 'type':
      return Object.hasOwn(types, symbol.name) ? paragraphs(`**${symbol.name}**`, types[symbol.name] ?? '') : undefined;
    case 'file':
      return undefined;
    case 'model':
    case 'block':
    case 'feature':
    case 'label':
    case 'table':
    case 'join':
    case 'parameter':
    case 'tensor':
    case 'size':
    case 'index':
    case 'variable':
      return declaredWords(symbol, analysis, columns);
    default:
      return symbol satisfies never;
  }
}

const types: Readonly<Record<string, string>> = {
  int: 'A whole number, known while compiling.',
  float: 'A number, known while compiling.',
  bool: '`true` or `false`, known while compiling.',
  feature: 'A feature itself, not its vector.',
  function: 'A block or function, or a call with holes: `mlp(_, [64])`.',
  scalar: 'One number for each row.',
  vector: 'A vector for each row: `vector[d]`.',
  matrix: 'A matrix for each row: `matrix[n, d]`.',
  fields: 'Vectors of one size for each row, one below the other: `fields[n, k]`.',
  sequence: 'As many vectors as a row has values: `sequence[l, k]`.',
  tensor: 'Numbers for each row, along any number of axes.',
};

function declaredWords(symbol: Declared, analysis: Analysis, columns: readonly Column[]): string {
  const doc = prose(symbol.doc ?? '');
  switch (symbol.kind) {
    case 'model':
      return paragraphs(code(`model ${symbol.name}`), doc, modelWords(symbol.name, analysis));
    case 'block':
      return paragraphs(code(`block ${signatureOf(symbol.block)}`), equation(doc), symbol.isLibrary ? '_standard library_' : '');
    case 'feature':
      return paragraphs(
        code(`${symbol.name}: ${oneLine(symbol.entry.value)}`),
        doc,
        featureWords(symbol, analysis),
        symbol.entry.from ? '' : columnWords(symbol.name, columns, 'Column'),
      );
    case 'label':
      return paragraphs(code(`label ${symbol.name}: ${oneLine(symbol.entry.value)}`), doc, labelWords(symbol, analysis));
    case 'table':
      return paragraphs(code(`${symbol.name}: ${oneLine(symbol.entry.value)}`), doc, tableWords(symbol, analysis));
    case 'join':
      return paragraphs(code(`${symbol.name}: ${oneLine(symbol.entry.value)}`), 'A file that is joined to the source.');
    case 'parameter': {
      const { type, default: given } = symbol.parameter;
      const rest = given ? ` = ${oneLine(given)}` : '';
      return paragraphs(
        code(`${symbol.name}: ${flat(type.span)}${rest}`),
        doc,
        `Parameter of ${inlineCode(symbol.block.name.text)}.`,
      );
    }
    case 'tensor':
      return paragraphs(tensorWords(symbol, analysis), doc);
    case 'size':
      return paragraphs(`**${symbol.name}**`, 'A size, matched where the block is called.');
    case 'index':
      return paragraphs(`**${symbol.name}**`, 'An index: it runs over the axis that it is a subscript of.');
    case 'variable':
      return paragraphs(`**${symbol.name}**`, 'A loop variable.');
    default:
      return symbol satisfies never;
  }
}

const flat = (span: Declared['whole']): string => span.source.text.slice(span.start, span.end).replace(/\s+/g, ' ');

/** The lines of a doc stand below each other, as an equation's do. */
const equation = (doc: string): string => doc.replaceAll('\n', '  \n');

const paragraphs = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n\n');

function columnWords(name: string, columns: readonly Column[], what = 'A column of the data'): string {
  const column = columns.find((c) => c.name === name);
  if (!column)
    return what === 'Column'
      ? ''
      : columns.length === 0
        ? `${inlineCode(name)} — ${what}.`
        : `${inlineCode(name)} — the data have no such column.`;
  const frequent = column.frequent.slice(0, 8).map((value) => inlineCode(value));
  const values = frequent.length > 0 ? `, most often ${frequent.join(', ')}` : '';
  return what === 'Column'
    ? `${what} ${inlineCode(name)}: ${column.type}${values}.`
    : `${inlineCode(name)} — ${what}: ${column.type}${values}.`;
}
