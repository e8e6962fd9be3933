import { parse } from '../../src/language/parser.js';
import { spanText, type Source } from '../../src/language/source.js';
import type { Block } from '../../src/language/syntax.js';
import { check } from '../../src/model/check.js';
import { initializers, initializerText } from '../../src/model/initializers.js';
import { builtins } from '../../src/model/instantiate/builtins.js';
import type { Builtin } from '../../src/model/instantiate/given.js';
import { standard } from '../../src/model/library.js';
import { walkBlock } from '../../src/model/names.js';
import { standardLibrary } from '../../src/std/index.js';
import { papers } from './papers.js';

/** Chapters, by the file of the library: its heading, in the order of the page. */
const chapters: Readonly<Record<string, string>> = {
  layers: 'Layers',
  wide: 'Linear models',
  cross: 'Cross networks: DCN, DCN-V2, GDCN',
  products: 'Pairwise products: FM, NFM, PNN, DLRM',
  cin: 'Compressed interactions: xDeepFM',
  attention: 'Attention among fields: AutoInt',
  dhen: 'Ensembles of interactions: DHEN',
  towers: 'Towers: NeuMF, two towers, PAL, split network',
  sequences: 'Sequences: DIN',
  tasks: 'Several labels: MMoE, PLE',
  masknet: 'Masks: MaskNet',
  finalmlp: 'Two streams: FinalMLP',
  edcn: 'Bridged streams: EDCN',
};

/** Functions that the evaluator makes itself, because their sizes stand in brackets. */
const bracketed: readonly (readonly [string, string])[] = [
  ['weight[a, b, …](init, l2, frozen)', 'A tensor of that shape that is learned; the options may be left out.'],
  ['bias[d](init, l2, frozen)', 'The same, starting at 0, and without `l2` unless it says its own.'],
];

const initializerDocs: Readonly<Record<keyof typeof initializers, string>> = {
  uniform: 'Evenly between `low` and `high`.',
  normal: 'Normal.',
  truncated_normal: 'Normal, drawn again beyond two deviations.',
  glorot_uniform: 'Evenly within ±√(6 / (in + out)).',
  glorot_normal: 'Normal with deviation √(2 / (in + out)).',
  he_uniform: 'Evenly within ±√(6 / in).',
  he_normal: 'Normal cut off at two deviations, with deviation √(2 / in) after the cut.',
};

/** What the doc comment of a block says. */
interface Doc {
  /** Its first line without the source, as far as it is a formula. */
  readonly equation: string;
  readonly words: string;
  /** What stands in brackets at the end of the first line. */
  readonly source?: string;
  readonly explanation: string;
}

/** @throws an error where a block has no doc comment */
export function docOf({ name, doc }: Pick<Block, 'name' | 'doc'>): Doc {
  const [first = '', ...rest] = doc?.split('\n').map((line) => line.trim()) ?? [];
  const [, formula = '', source] = /^(.*?)(?:\s{2}\[([^\]]+)\])?$/.exec(first) ?? [];
  if (formula === '') throw new Error(`block ${name.text} has no doc comment`);
  const colon = formula.indexOf(': ');
  const [equation, words] = colon < 0 ? [formula, ''] : [formula.slice(0, colon), formula.slice(colon + 2)];
  return {
    equation: equation.replaceAll('`', ''),
    words,
    explanation: rest.join('\n'),
    ...(source !== undefined && { source }),
  };
}

/** @throws an error where it names no paper that is known */
export function linked(source: string): string {
  return source
    .split('; ')
    .map((part) => {
      const name = Object.keys(papers).find((key) => part.startsWith(key));
      const paper = name === undefined ? undefined : papers[name];
      if (name === undefined || !paper)
        throw new Error(`no paper is called as in [${source}]: scripts/docs/papers.ts lists them`);
      return `[${name}](${paper.address})${part.slice(name.length)}`;
    })
    .join('; ');
}

export const blocksOf = (source: Source): readonly Block[] => parse(source).file.items.filter((item) => item.kind === 'block');

/** Blocks and functions that a block refers to. */
export function callees(block: Block): ReadonlySet<string> {
  const { functions } = standard();
  const names = new Set<string>();
  walkBlock(block, {
    isFunction: (name) => functions.has(name),
    found: ({ name, called, isBound }) => {
      if (functions.has(name.text) && (called || !isBound)) names.add(name.text);
    },
  });
  return names;
}

/** For each block, the specs in whose networks it is called. */
function usesInSpecs(specs: readonly Source[]): (block: string) => readonly string[] {
  const load = (path: string) => {
    const source = specs.find((spec) => spec.path === path);
    return source ? { source } : { problem: 'there is no such file' };
  };
  const used = specs.map((spec) => {
    const { functions, diagnostics } = check(spec, { load });
    const wrong = diagnostics.find(({ severity }) => severity === 'error');
    if (wrong) throw new Error(`${spec.path} has errors: ${wrong.message}`);
    return { path: spec.path, names: new Set([...functions.called.keys()].map(({ text }) => text)) };
  });
  return (block) => used.flatMap(({ path, names }) => (names.has(block) ? [path] : []));
}

const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

const link = (heading: string, text = heading): string => `[${text}](#${anchor(heading)})`;

function signatures(name: string, { parameters, list, indexed }: Builtin): readonly string[] {
  const given = parameters.map((p) => (p.optional ? `${p.name}?` : p.name)).join(', ');
  return [`${name}(${list ? `${given}, …` : given})`, ...(indexed ? [`${name}[i](e)`] : [])];
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
export const code = (text: string): string => `\`${text}\``;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function builtinChapter(): string {
  const isInitial = (name: string): name is keyof typeof initializers => Object.hasOwn(initializers, name);
  const rows = Object.entries(builtins).flatMap(([name, builtin]) =>
    isInitial(name) ? [] : [[signatures(name, builtin).map(code).join(', '), builtin.doc]],
  );
  const starts = Object.entries(initializers).map(([name, plain]) => [
    code(initializerText(plain)),
    isInitial(name) ? initializerDocs[name] : '',
  ]);
  return [
    '## Built-in functions',
    'What is not a block. `?` marks what may be left out; `[i]` after a name binds an index over what is in the parentheses.',
    table(['function', 'gives'], [...bracketed.map(([name, doc]) => [code(name), doc]), ...rows]),
    '### Initializers',
    'For `init`, where a number stands for itself. `in` and `out` are the last two sizes of a shape, (out, in).',
    table(['initializer, with its defaults', 'values'], starts),
  ].join('\n\n');
}

/** More would say only that it is used everywhere. */
const mostUses = 8;

const listed = (kind: string, links: readonly string[]): readonly string[] =>
  links.length === 0 ? [] : [links.length > mostUses ? `${String(links.length)} ${kind}` : `${kind} ${links.join(', ')}`];

function blockSection(block: Block, specs: readonly string[], callers: readonly string[]): string {
  const { equation, words, source, explanation } = docOf(block);
  const formula = `${code(equation)}${words === '' ? '' : `: ${words}`}`;
  const uses = [
    ...listed(
      'specs',
      specs.map((path) => `[${path.replace('.rec', '')}](../specs/${path})`),
    ),
    ...listed(
      'blocks',
      callers.map((name) => link(name, code(name))),
    ),
  ];
  const foot = [
    ...(source === undefined ? [] : [`Source: ${linked(source)}.`]),
    ...(uses.length > 0 ? [`Used by: ${uses.join('; ')}.`] : []),
  ].join(' ');
  const body = `\`\`\`rec\n${spanText(block.span)}\n\`\`\``;
  return [`### ${block.name.text}`, formula, explanation, body, foot].filter((part) => part !== '').join('\n\n');
}

/**
 * docs/blocks.md, before it is formatted: every block of the library with its equation, its text and where it is used.
 * @param specs those of `specs/`, by their names in that folder
 */
export function blocksPage(specs: readonly Source[]): string {
  const uses = usesInSpecs(specs);
  const files = new Map(standardLibrary.map((source) => [source.path.replace(/^std\/|\.rec$/g, ''), blocksOf(source)]));
  const strange = [...files.keys()].find((name) => !Object.hasOwn(chapters, name));
  if (strange !== undefined) throw new Error(`${strange}.rec has no chapter in scripts/docs/blocks-page.ts`);
  const called = new Map([...files.values()].flat().map((block) => [block.name.text, callees(block)]));
  const callersOf = (name: string): readonly string[] =>
    [...called].flatMap(([caller, names]) => (caller !== name && names.has(name) ? [caller] : []));
  const written = Object.entries(chapters).map(([name, title]) => ({ title, name, blocks: files.get(name) ?? [] }));
  const contents = written.map(
    ({ title, blocks }) => `- ${link(title)}: ${blocks.map(({ name }) => link(name.text, code(name.text))).join(', ')}`,
  );
  return [
    '# The library of blocks',
    '<!-- Written by `npm run generated` from the doc comments of src/std; change them there. -->',
    'Every architecture is a few lines of the language. Each block stands here with the equation of its paper and its whole text: hold one against the other, copy it and change it. [The language](language.md#the-general-form) says how to read and write blocks.',
    [...contents, `- ${link('Built-in functions')}, ${link('Initializers')}, ${link('Papers')}`].join('\n'),
    'ᵀ is the transpose, ⊙ the elementwise product, ⟨a, b⟩ the dot product, [a; b] a and b one after another, σ the sigmoid, |x| the length of x.',
    ...written.flatMap(({ title, name, blocks }) => [
      `## ${title}`,
      `[src/std/${name}.rec](../src/std/${name}.rec)`,
      ...blocks.map((block) => blockSection(block, uses(block.name.text), callersOf(block.name.text))),
    ]),
    builtinChapter(),
    '## Papers',
    Object.entries(papers)
      .map(([name, { title, where, address }]) => `- ${name}: [${title}](${address}) (${where})`)
      .join('\n'),
    '',
  ].join('\n\n');
}
