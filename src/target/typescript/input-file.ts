import type { FileSource } from '../../model/model.js';
import { doc, identifier, list, none, property, ts, type Code } from './code.js';
import { createNames, nameTable } from './names.js';
import type { Plan } from './plan.js';

/** Options of the command line that are there whatever the spec says. */
const ownOptions = ['data', 'valid', 'epochs', 'batch', 'seed', 'backend', 'out', 'from', 'resume', 'help'];

/** A joined file of the spec, and the option that names it. */
export interface JoinOption {
  readonly name: string;
  readonly option: string;
  readonly on: string;
}

export function joinOptions({ model }: Plan): readonly JoinOption[] {
  const joins = model.data?.joins ?? [];
  const names = nameTable(
    joins.map(({ name }) => name),
    createNames(ownOptions),
  );
  return joins.map(({ name, on }) => ({ name, on, option: names(name) }));
}

function formatCode({ format, separator = ',', columns, encoding }: FileSource): Code {
  if (format === 'jsonl') return ts`{ kind: 'jsonl' }`;
  if (format !== 'csv') return ts`undefined`;
  const named = columns === undefined ? none : ts`, columns: ${list(columns)}`;
  return ts`{ kind: 'csv', separator: ${separator}${named}${encoding === 'utf8' ? none : ts`, encoding: ${encoding}`} }`;
}

/** `input.ts`: the rows of files, as the spec has its sources. */
export function inputFile(plan: Plan): Code {
  const { data } = plan.model;
  const joins = data?.joins ?? [];
  const options = joinOptions(plan);
  const formats = [
    ts`data: ${data ? formatCode(data.source) : ts`undefined`},`,
    ...joins.map(({ source }, i) => ts`${identifier(options[i]?.option ?? '')}: ${formatCode(source)},`),
  ];
  const flags = options.map(({ option }) => ts`${property(option)}: { type: 'string' },`);
  const fields = options.map(
    ({ option, on }) => ts`${doc(`Rows to join by \`${on}\`.`)}readonly ${identifier(option)}?: string | undefined;`,
  );
  const joined = joins.map(({ on, required }, i) => {
    const option = identifier(options[i]?.option ?? '');
    return ts`if (files.${option} !== undefined) {
    const others = await readTable(files.${option}, formatOf(files.${option}, formats.${option}));
    rows = joinRows(rows, ${on}, others.rows, ${required});
  }`;
  });
  return ts`import { formatOf, readTable, type FileRows } from './files.js';
import { ${joins.length > 0 ? ts`joinRows, ` : none}type Format } from './rows.js';

${doc('How files are written whose names do not tell.')}const formats = { ${formats} } satisfies Readonly<Record<string, Format | undefined>>;

${joins.length > 0 ? ts`${doc('Options of the command line that name files to join.')}export const joinOptions = { ${flags} } as const;\n\n` : none}${doc('Files that make rows. Joined files are left out where the rows of `data` have their columns.')}export interface InputFiles {
  readonly data: string;
  ${fields}
}

export async function readInput(files: InputFiles): Promise<FileRows> {
  const read = await readTable(files.data, formatOf(files.data, formats.data));
  ${joins.length > 0 ? ts`let { rows } = read;` : none}
  ${joined}
  return ${joins.length > 0 ? ts`{ ...read, rows }` : ts`read`};
}`;
}
