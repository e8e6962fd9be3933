import { columnsOf, encoderProgram } from '../../encode/compile.js';
import { columnReads } from '../../encode/expressions/columns.js';
import type { FileSource } from '../../model/model.js';
import { doc, identifier, join, list, none, ts, type Code } from '../code/code.js';
import { createNames, nameTable } from '../code/names.js';
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

function formatCode(source: FileSource): Code {
  const { format, separator = ',', columns, encoding } = source;
  if (format === 'parquet') return ts`undefined`;
  const extension = /[^/](\.[^./]*)$/.exec(source.path.replace(/\.gz$/i, ''))?.[1]?.toLowerCase() ?? '';
  const named = columns === undefined ? none : ts`, columns: ${list(columns)}`;
  const code =
    format === 'jsonl'
      ? ts`{ kind: 'jsonl' }`
      : ts`{ kind: 'csv', separator: ${separator}${named}${encoding === 'utf8' ? none : ts`, encoding: ${encoding}`} }`;
  return ts`{ extension: ${extension}, format: ${code} }`;
}

/** A column, and what reads it. */
type Wanted = readonly [column: string, reader: string];

const wantedCode = (wanted: readonly Wanted[]): Code => list(wanted.map((pair) => list(pair)));

/** Columns of the spec, each with the first that reads it. */
function wantedColumns({ model, inTraining }: Plan): Readonly<Record<'served' | 'training' | 'split', readonly Wanted[]>> {
  const readers = columnsOf(encoderProgram(model)).flatMap(({ name, usedBy }) =>
    usedBy.map(({ kind, name: by }) => ({ name, kind, by })),
  );
  const isServed = ({ kind, by }: (typeof readers)[number]): boolean => kind === 'feature' && !inTraining.has(by);
  const pairs = (some: typeof readers): readonly Wanted[] => some.map(({ name, kind, by }) => [name, `${kind} ${by}`]);
  const keep = model.data?.keep;
  const split = model.data?.split;
  return {
    served: once(pairs(readers.filter(isServed))),
    training: once([
      ...pairs(readers.filter((reader) => !isServed(reader))),
      ...(keep ? columnReads(keep).map(({ name }): Wanted => [name, 'keep']) : []),
    ]),
    split: split === undefined || split.kind === 'random' ? [] : [[split.column, 'split']],
  };
}

/** Each column once, with its first reader. */
const once = (wanted: readonly Wanted[]): readonly Wanted[] =>
  wanted.filter(([column], i) => wanted.findIndex(([other]) => other === column) === i);

/** `input.ts`: the rows of files, as the spec has its sources. */
export function inputFile(plan: Plan): Code {
  const { data } = plan.model;
  const joins = data?.joins ?? [];
  const options = joinOptions(plan);
  const wanted = wantedColumns(plan);
  const formats = [
    ts`data: ${data ? formatCode(data.source) : ts`undefined`},`,
    ...joins.map(({ source }, i) => ts`${identifier(options[i]?.option ?? '')}: ${formatCode(source)},`),
  ];
  const fields = options.map(
    ({ option, on }) => ts`${doc(`Rows to join by \`${on}\`.`)}readonly ${identifier(option)}?: string | undefined;`,
  );
  const joined = joins.map(({ name, on, required }, i) => {
    const option = identifier(options[i]?.option ?? '');
    const key = list([list([on, `the join of ${name}`])]);
    return ts`if (files.${option} !== undefined) {
    const others = await readTable(files.${option}, formatOf(files.${option}, formats.${option}), names);
    requireColumns(read.columns, ${key}, files.data);
    requireColumns(others.columns, ${key}, files.${option});
    columns.push(...others.columns);
    from.push(files.${option});
    bad.push(...others.bad);
    rows = joinRows(rows, ${on}, others.rows, ${required});
  }`;
  });
  const keys = joins.map(({ on }) => ts`${on}`);
  const names =
    joins.length > 0
      ? ts`[...new Set([...wanted.map(([column]) => column), ${join(keys)}])]`
      : ts`wanted.map(([column]) => column)`;
  return ts`import { formatOf, readTable, type FileRows, type NamedFormat } from './files.js';
import { ${joins.length > 0 ? ts`joinRows, ` : none}requireColumns, type Wanted } from './rows.js';

${doc('How the files of the spec are written.')}const formats = { ${formats} } satisfies Readonly<Record<string, NamedFormat | undefined>>;

${doc('Files that make rows. Joined files are left out where the rows of `data` have their columns.')}export interface InputFiles {
  readonly data: string;
  ${fields}
}

${doc('Columns that predictions read.')}export const servedColumns: readonly Wanted[] = ${wantedCode(wanted.served)};

${doc('Columns that training reads besides.')}export const trainingColumns: readonly Wanted[] = ${wantedCode(wanted.training)};

${doc('Columns that the split of the spec reads.')}export const splitColumns: readonly Wanted[] = ${wantedCode(wanted.split)};

${doc('Throws where no row has one of the columns that are wanted.')}export async function readInput(files: InputFiles, wanted: readonly Wanted[]): Promise<FileRows> {
  const names = ${names};
  const read = await readTable(files.data, formatOf(files.data, formats.data), names);
  ${joins.length > 0 ? ts`let { rows } = read;\n  const bad = [...read.bad];\n  const columns = [...read.columns];\n  const from = [files.data];` : none}
  ${joined}
  ${joins.length > 0 ? ts`requireColumns(columns, wanted, from.join(' and '));` : ts`requireColumns(read.columns, wanted, files.data);`}
  return ${joins.length > 0 ? ts`{ ...read, rows, bad, columns }` : ts`read`};
}`;
}
