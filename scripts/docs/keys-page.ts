import { keyTables, modelItems, valuesText, type KeyRow, type KeyTable, type ModelItem } from '../../src/model/key-tables.js';

const introduction = `# Every key

<!-- Written by \`npm run generated\` from the tables of src/model that the checker reads; change them there. -->

What each section of a model takes. [The language](language.md) explains them; here each has one line. A key that is not here is an error, and the message names the nearest one.

*Required* keys have no default. A value marked *1st*, *2nd* … may be given without its name, in that place: \`adam(1e-3)\` is \`adam(learning_rate: 1e-3)\`. A *flag* is given by its name alone. *Source* is where a default comes from.
`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${text}\``;
const places = ['1st', '2nd', '3rd'];

/** Values are in words or as a spec writes them; a default that has spaces but no brackets or quotes is in words. */
const inWords = (text: string): boolean => /^[a-z]\w*,? .*\w/.test(text) && !/[(["{]/.test(text);
const value = (text: string): string => (inWords(text) ? text.replace(/^a list of (?=an? )/, 'a list, each ') : code(text));

function marks({ position, flag }: KeyRow): string {
  const said = [...(position === undefined ? [] : [places[position] ?? `${String(position + 1)}th`]), ...(flag ? ['flag'] : [])];
  return said.length > 0 ? ` *${said.join(', ')}*` : '';
}

function row(key: KeyRow, sourced: boolean): string {
  const given = key.required ? '*required*' : key.default === undefined ? '' : value(key.default);
  const values = key.values.map(value).join(', ');
  const cells = [code(key.key) + marks(key), key.doc, values, given, ...(sourced ? [key.source ?? ''] : [])];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** What a record of a section is, where its keys are written in braces. */
const records: Readonly<Record<string, string>> = {
  embeddings: 'user_id: { … }',
  train: 'optimizer: { … }',
};

/** Sources have a column where a key has one. */
function tableOf(rows: readonly KeyRow[]): string {
  const sourced = rows.some(({ source }) => source !== undefined);
  const names = ['key', 'meaning', 'values', 'default', ...(sourced ? ['source'] : [])];
  return [`| ${names.join(' | ')} |`, `|${' --- |'.repeat(names.length)}`, ...rows.map((key) => row(key, sourced))].join('\n');
}

/** What is given without keys: `combine: stacked`. */
function plain(name: string): string {
  const item: ModelItem | undefined = Object.entries<ModelItem>(modelItems).find(([section]) => section === name)?.[1];
  if (!item || item.keys || item.entry) return '';
  const values = valuesText(item).map(value);
  const takes = values.length > 0 ? [`Takes ${values.join(', ')}.`] : [];
  return [...takes, ...(item.defaultText === undefined ? [] : [`Default: ${value(item.defaultText)}.`])].join(' ');
}

function section({ title, section: of, doc, source, rows }: KeyTable): string {
  const isWhole = title === of;
  const call = rows.length > 0 ? title : title.replace('(…)', '');
  const heading = isWhole ? `## ${of}` : `### ${code(title === '{ … }' ? (records[of] ?? `${of}: { … }`) : call)}`;
  const words = [doc, ...(isWhole ? [plain(of)] : []), ...(source === undefined ? [] : [`Source: ${source}.`])];
  const said = words.filter((text) => text !== '').join(' ');
  return [heading, said, rows.length > 0 ? tableOf(rows) : ''].filter((text) => text !== '').join('\n\n');
}

/** Those that an earlier section has just so, such as initializers, are left out. */
function once(tables: readonly KeyTable[]): readonly KeyTable[] {
  const same = ({ section: _, ...table }: KeyTable): string => JSON.stringify(table);
  const seen = tables.map(same);
  return tables.filter((_, i) => seen.indexOf(seen[i] ?? '') === i);
}

/** docs/keys.md. */
export function page(): string {
  const tables = once(keyTables());
  const titles = tables.filter(({ title, section: of }) => title === of).map(({ title }) => title);
  const contents = `Sections: ${titles.map((title) => `[${title}](#${title})`).join(', ')}.`;
  return `${[introduction.trimEnd(), contents, ...tables.map(section)].join('\n\n')}\n`;
}
