import type { TableProfile } from '../data/profile.js';
import { expressionLabel, namedLabel, unknownColumn, type Wrong } from '../init/label-expression.js';
import { isRating, labelCandidates, planLabel, type Candidate, type LabelPlan } from '../init/label.js';
import { nameText } from '../init/names.js';
import type { Sides } from '../init/roles.js';
import { complaint, type Complaint } from './errors.js';
import type { Host } from './host.js';
import type { Prompt } from './prompt.js';

export interface LabelOptions {
  readonly label: string | undefined;
  readonly threshold: number | undefined;
  /** Whether the likeliest column may be taken. */
  readonly yes: boolean;
}

/** The label that the options say, or that is chosen at the terminal; undefined if the user leaves. */
export async function chooseLabel(
  profile: TableProfile,
  { label, threshold, yes }: LabelOptions,
  prompt: Prompt | undefined,
  host: Host,
): Promise<LabelPlan | undefined> {
  if (label !== undefined) return labelOf(profile, label, threshold);
  const candidates = labelCandidates(profile);
  if (prompt) return askLabel(profile, candidates, threshold, prompt, host);
  const [best] = candidates;
  if (!yes || !best || best.score === 0) throw noLabel(candidates, yes);
  return labelOf(profile, nameText(best.column.name), threshold);
}

/** The second label of an architecture of two: the one said, or the number that the first one cuts in two. */
export function secondLabel(profile: TableProfile, said: string | undefined, first: LabelPlan): LabelPlan {
  if (said !== undefined) return labelOf(profile, said, undefined);
  const column = profile.columns.find(({ name }) => first.columns.includes(name));
  const cut = first.type === 'binary' && column?.numbers && column.distinct > 2 ? planLabel(column, {}) : undefined;
  if (cut && !('wrong' in cut) && cut.name !== first.name) return cut;
  throw complaint('the architecture predicts two labels, and only one is said', {
    exitStatus: 2,
    help: "--label clicked --label 'bought=amount > 0'",
  });
}

/** @throws a complaint of a label that has the name of something in an architecture's network */
export function refuseClash({ name, expression = name }: LabelPlan, names: ReadonlySet<string> = new Set()): void {
  if (!names.has(name)) return;
  throw complaint(`the network of the template has a \`${name}\` of its own: give the label another name`, {
    exitStatus: 2,
    help: `--label 'my_${name}=${expression}'`,
  });
}

/**
 * The columns that `--user` and `--item` name.
 * @throws a complaint where there is none, or none that can be a category
 */
export function sidesOf({ columns }: TableProfile, said: Sides): Sides {
  const columnOf = (side: 'user' | 'item'): string | undefined => {
    const name = said[side];
    if (name === undefined) return undefined;
    const found = columns.find((column) => column.name === name || nameText(column.name) === name);
    if (!found) {
      const { wrong, help } = unknownColumn(
        name,
        columns.map((column) => column.name),
      );
      throw complaint(`--${side}: ${wrong}`, { exitStatus: 2, ...(help !== undefined && { help }) });
    }
    if (['list', 'vector', 'other', 'empty'].includes(found.kind))
      throw complaint(`--${side}: ${nameText(found.name)} does not have one value in each row`, { exitStatus: 2 });
    return found.name;
  };
  return { user: columnOf('user'), item: columnOf('item') };
}

/** What `--label` says: a column, `name=column`, or `name=expression`. */
function labelOf(profile: TableProfile, text: string, threshold: number | undefined): LabelPlan {
  const planned = readLabel(profile, text, threshold);
  if ('wrong' in planned)
    throw complaint(planned.wrong, { exitStatus: 2, ...(planned.help !== undefined && { help: planned.help }) });
  return planned;
}

function readLabel({ columns }: TableProfile, text: string, threshold: number | undefined): LabelPlan | Wrong {
  const find = (name: string): TableProfile['columns'][number] | undefined =>
    columns.find((column) => column.name === name || nameText(column.name) === name);
  const whole = find(text);
  if (whole) return planLabel(whole, { threshold });
  const named = namedLabel(text);
  const column = named && find(named.is);
  if (column) return planLabel(column, { threshold, name: named.name });
  if (named) return expressionLabel(named.name, named.is, columns);
  if (/[<>=!]/.test(text)) return { wrong: `--label ${text} needs a name`, help: `for instance --label 'label=${text}'` };
  return unknownColumn(
    text,
    columns.map(({ name }) => name),
  );
}

const shown = 8;

const line = ({ column, says }: Candidate): string => `${nameText(column.name)}  (${says})`;

function noLabel(candidates: readonly Candidate[], yes: boolean): Complaint {
  if (candidates.length === 0) {
    return complaint('no column can be a label: none has numbers, true or false, or two different texts', {
      exitStatus: 2,
      help: 'say what is yes: --label \'liked=verdict == "good"\'',
    });
  }
  return complaint(yes ? 'no column has the name of a label: say which it is' : 'which column is the label?', {
    exitStatus: 2,
    details: candidates.slice(0, shown).map((candidate) => `--label ${line(candidate)}`),
    help: yes ? "or an expression: --label 'liked=rating >= 4'" : '--yes takes the likeliest',
  });
}

async function askLabel(
  profile: TableProfile,
  candidates: readonly Candidate[],
  threshold: number | undefined,
  prompt: Prompt,
  host: Host,
): Promise<LabelPlan | undefined> {
  const listed = candidates.slice(0, shown);
  const [best] = listed;
  host.writeError('What is to be predicted?\n');
  for (const [i, candidate] of listed.entries()) host.writeError(`  ${String(i + 1)}  ${line(candidate)}\n`);
  for (;;) {
    const usual = best === undefined ? '' : ` [${nameText(best.column.name)}]`;
    const said = await prompt.ask(`A number, a column, or an expression such as liked=rating >= 4${usual}: `);
    if (said === undefined) return undefined;
    const chosen = /^\d+$/.test(said) ? listed[Number(said) - 1]?.column.name : undefined;
    const text = chosen === undefined ? said || (best && nameText(best.column.name)) : nameText(chosen);
    if (text === undefined || text === '') continue;
    const column = profile.columns.find(({ name }) => nameText(name) === text);
    const at = threshold ?? (column && isRating(column) ? await askThreshold(column, prompt) : undefined);
    if (at === null) return undefined;
    const planned = readLabel(profile, text, at);
    if (!('wrong' in planned)) return planned;
    host.writeError(`${planned.wrong}${planned.help === undefined ? '' : `; ${planned.help}`}\n`);
  }
}

/** Null if the user leaves. */
async function askThreshold(
  { name, numbers }: TableProfile['columns'][number],
  prompt: Prompt,
): Promise<number | undefined | null> {
  for (;;) {
    const range = numbers ? ` of ${String(numbers.min)} to ${String(numbers.max)}` : '';
    const said = await prompt.ask(`From which ${name}${range} on is it a yes? Enter predicts the number itself: `);
    if (said === undefined) return null;
    if (said === '') return undefined;
    if (/^-?\d+(\.\d+)?$/.test(said)) return Number(said);
  }
}
