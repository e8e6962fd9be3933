import autoint from '../../specs/autoint.rec';
import dcnV2LowRank from '../../specs/dcn-v2-low-rank.rec';
import dcnV2 from '../../specs/dcn-v2.rec';
import dcn from '../../specs/dcn.rec';
import deepfm from '../../specs/deepfm.rec';
import dhen from '../../specs/dhen.rec';
import din from '../../specs/din.rec';
import dlrm from '../../specs/dlrm.rec';
import edcn from '../../specs/edcn.rec';
import finalmlp from '../../specs/finalmlp.rec';
import fm from '../../specs/fm.rec';
import gdcn from '../../specs/gdcn.rec';
import logisticRegression from '../../specs/logistic-regression.rec';
import masknet from '../../specs/masknet.rec';
import mmoe from '../../specs/mmoe.rec';
import movielens from '../../specs/movielens.rec';
import ncf from '../../specs/ncf.rec';
import nfm from '../../specs/nfm.rec';
import pnn from '../../specs/pnn.rec';
import splitNetwork from '../../specs/split-network.rec';
import towers from '../../specs/towers.rec';
import wideDeep from '../../specs/wide-deep.rec';
import xdeepfm from '../../specs/xdeepfm.rec';
import { printExpression } from '../language/printer.js';
import { scan } from '../language/scanner.js';
import type { Network } from '../language/syntax.js';
import { check } from '../model/check.js';
import type { MergedModel } from '../model/merge.js';

const texts: Readonly<Record<string, string>> = {
  'logistic-regression': logisticRegression,
  fm,
  'wide-deep': wideDeep,
  deepfm,
  nfm,
  pnn,
  ncf,
  dcn,
  'dcn-v2': dcnV2,
  'dcn-v2-low-rank': dcnV2LowRank,
  xdeepfm,
  autoint,
  dlrm,
  edcn,
  gdcn,
  masknet,
  dhen,
  finalmlp,
  din,
  towers,
  'split-network': splitNetwork,
  mmoe,
};

/** Models that need a column which a table hardly has, or that are an example of another library. */
const others: ReadonlySet<string> = new Set(['PositionAdditive', 'PositionMultiplicative', 'DlrmKeras']);

/** The columns of `specs/movielens.rec`, and of the models that add some, which stand for those of a table. */
export const columnsOfTemplates = {
  user: 'user_id',
  item: 'movie_id',
  ofUser: ['gender', 'age', 'occupation', 'zip_code'],
  ofItem: ['genres'],
  history: 'history',
  crossed: ['gender_age', 'user_genre'],
  label: 'liked',
  second: 'stars',
} as const;

/** What a template's network takes. */
export interface Needs {
  /** Who and what, by name. */
  readonly sides: boolean;
  /** The items that a user met before. */
  readonly history: boolean;
  /** The cross of who and what. */
  readonly crossed: boolean;
  /** Numbers of their own. */
  readonly numbers: boolean;
  /** All features side by side as vectors of one size. */
  readonly fields: boolean;
  readonly twoLabels: boolean;
}

/** What a model of `specs/` says of itself, besides what its features are. */
export interface Template {
  readonly name: string;
  /** Its doc comment, on one line. */
  readonly doc: string;
  /** Its text; features and labels have the names that they have there. */
  readonly network: string | undefined;
  /** `cross { depth: 2 }` and such, where it has no network. */
  readonly sections: readonly string[];
  readonly outputs: string | undefined;
  readonly optimizer: string | undefined;
  readonly needs: Needs;
}

/** The templates by name: of a file's first architecture also the file's. */
export function templates(): readonly Template[] {
  return Object.entries(texts).flatMap(([file, text]) => templatesIn(file, text));
}

function templatesIn(file: string, text: string): readonly Template[] {
  const load = (path: string) => ({ source: { path, text: movielens } });
  const { expansions, models } = check({ path: `specs/${file}.rec`, text }, { load });
  const named = models.filter((model) => !others.has(model.name)).map(({ name }) => expansions.get(name)?.merged);
  return named
    .filter((merged) => merged !== undefined)
    .map((merged, i) => templateOf(i === 0 ? file : nameIn(file, merged.name), merged));
}

/** What a file's other models are called after, where their own names do not say it. */
const families: Readonly<Record<string, string>> = { 'dcn-v2': 'dcn-v2', 'dcn-v2-low-rank': 'dcn-v2' };

/** `MaskNetParallel` of `masknet` as `masknet-parallel`. */
function nameIn(file: string, model: string): string {
  const rest = model.toLowerCase().startsWith(file) ? model.slice(file.length) : undefined;
  if (rest !== undefined) return `${file}-${kebab(rest)}`;
  const name = kebab(model).replace('neu-mf', 'neumf');
  const family = families[file];
  return family === undefined || name.startsWith(family) ? name : `${family}-${name}`;
}

const shortForm = ['cross', 'deep', 'combine'] as const;
const baseOptimizer = 'adam(1e-3)';

function templateOf(name: string, { doc = '', network, sections, labels }: MergedModel): Template {
  const printed = (key: string): string | undefined => {
    const value = sections.get(key)?.value;
    return value && printExpression(value);
  };
  const train = sections.get('train')?.value;
  const optimizer = train?.kind === 'record' ? train.entries.find((entry) => entry.name.text === 'optimizer')?.value : undefined;
  const said = optimizer && printExpression(optimizer);
  return {
    name,
    doc: doc.replaceAll(/\s+/g, ' ').trim(),
    network: network && spanOf(network.span),
    sections: shortForm.flatMap((key) => {
      const value = printed(key);
      return value === undefined ? [] : [value.startsWith('{') ? `${key} ${value}` : `${key}: ${value}`];
    }),
    outputs: printed('outputs'),
    optimizer: said === baseOptimizer ? undefined : said,
    needs: needsOf(network, labels.length),
  };
}

function needsOf(network: Network | undefined, labels: number): Needs {
  const words = network ? wordsOf(network) : [];
  const { user, item, history, crossed } = columnsOfTemplates;
  const has = (...names: readonly string[]): boolean => names.some((name) => words.includes(name));
  return {
    sides: has(user, item),
    history: has(history),
    crossed: has(...crossed),
    numbers: has('numbers'),
    fields: words.some((word, i) => word === 'fields' && words[i + 1] === '(' && words[i + 2] === 'features'),
    twoLabels: labels > 1,
  };
}

/** What a network consists of, without comments. */
function wordsOf({ span: { source, start, end } }: Network): readonly string[] {
  const { tokens } = scan(source);
  return tokens.filter(({ startOffset }) => start <= startOffset && startOffset < end).map(({ image }) => image);
}

const spanOf = ({
  source,
  start,
  end,
}: {
  readonly source: { readonly text: string };
  readonly start: number;
  readonly end: number;
}): string => source.text.slice(start, end);

/** `DcnV2Parallel` as `dcn-v2-parallel`. */
const kebab = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
