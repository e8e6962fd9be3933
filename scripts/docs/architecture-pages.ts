import { spanText, type Source } from '../../src/language/source.js';
import type { Block } from '../../src/language/syntax.js';
import { templates } from '../../src/init/library.js';
import { check } from '../../src/model/check.js';
import { standardLibrary } from '../../src/std/index.js';
import { architectures, type Architecture } from './architectures.js';
import { blocksOf, callees, code, docOf, linked, table } from './blocks-page.js';
import { papers } from './papers.js';

const sourceComment = (from: string): string => `<!-- Written by \`npm run generated\` from ${from}; change them there. -->`;

const blocks: ReadonlyMap<string, { readonly block: Block; readonly file: string }> = new Map(
  standardLibrary.flatMap((source) => blocksOf(source).map((block) => [block.name.text, { block, file: source.path }])),
);

/** Blocks that an architecture is of: those that it calls, and those that they call, but for plain layers. */
function blocksFor(called: readonly string[]): readonly Block[] {
  const found = new Map<string, Block>();
  const visit = (name: string): void => {
    const known = blocks.get(name);
    if (!known || found.has(name) || known.file.endsWith('/layers.rec')) return;
    found.set(name, known.block);
    for (const callee of callees(known.block)) visit(callee);
  };
  called.forEach(visit);
  return [...found.values()];
}

function paperLine(name: keyof typeof papers): string {
  const paper = papers[name];
  if (!paper) throw new Error(`scripts/docs/papers.ts has no ${name}`);
  return `[${paper.title}](${paper.address}) (${paper.where})`;
}

function blockPart(block: Block): string {
  const { equation, words, source, explanation } = docOf(block);
  const formula = `${code(equation)}${words === '' ? '' : `: ${words}`}${source === undefined ? '' : ` (${linked(source)})`}`;
  return [`### ${block.name.text}`, formula, explanation, `\`\`\`rec\n${spanText(block.span)}\n\`\`\``]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The rows of docs/library.md by the name of the model, each by the names of its columns. */
function figuresIn(library: string): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const cellsOf = (line: string): readonly string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const [head = '', , ...rows] = library.split('\n').filter((line) => line.startsWith('|'));
  const names = cellsOf(head);
  return new Map(
    rows.map((line) => {
      const cells = cellsOf(line);
      return [cells[0] ?? '', Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']))];
    }),
  );
}

const oneLine = (doc: string): string => doc.replaceAll(/\s+/g, ' ').trim();

function pageOf(
  name: string,
  { title, papers: names, when }: Architecture,
  specs: readonly Source[],
  figures: ReturnType<typeof figuresIn>,
): string {
  const spec = specs.find(({ path }) => path === `${name}.rec`);
  if (!spec) throw new Error(`there is no specs/${name}.rec`);
  const load = (path: string) => {
    const source = specs.find((other) => other.path === path);
    return source ? { source } : { problem: 'there is no such file' };
  };
  const { models, expansions, functions } = check(spec, { load });
  const known = templates();
  const rows = models.map((model) => {
    const doc = oneLine(expansions.get(model.name)?.merged.doc ?? '');
    const template = known.find((other) => other.doc === doc)?.name;
    const { AUC = '', 'log loss': loss = '', parameters = '', 'multiply-adds a row': adds = '' } = figures.get(model.name) ?? {};
    return [code(model.name), doc, template === undefined ? '' : code(template), AUC, loss, parameters, adds];
  });
  const labels = models[0]?.labels.length === 2 ? '--label clicked --label bought' : '--label clicked';
  const called = new Set([...functions.called.keys()].map(({ text }) => text));
  const own = blocksFor([...called]);
  return [
    `# ${title}`,
    sourceComment('specs/, src/std and scripts/docs/architectures.ts'),
    String(rows[0]?.[1]),
    ...(names.length > 0 ? [`Paper: ${names.map(paperLine).join('; ')}.`] : []),
    `**When to use it.** ${when}`,
    'For the features of your own table, [init](../init.md) writes it:',
    `\`\`\`sh\nnpx reccompile init data.csv ${labels} --template ${name}\n\`\`\``,
    ...(own.length > 0 ? ['## Blocks', 'How the library says it; [all blocks](../blocks.md).', ...own.map(blockPart)] : []),
    '## Spec',
    `[specs/${name}.rec](../../specs/${name}.rec), on the features of [MovieLens](../../specs/movielens.rec):`,
    `\`\`\`rec\n${spec.text.trimEnd()}\n\`\`\``,
    '## On MovieLens 100K',
    'One seed, nothing tuned, so this says what each costs and that it learns, not which is best: [the whole table](../library.md).',
    table(['model', 'what it is', 'template', 'AUC', 'log loss', 'parameters', 'multiply-adds a row'], rows),
    '',
  ].join('\n\n');
}

/**
 * The pages of docs/architectures by their names, before they are formatted: one for each architecture, and `index`.
 * @param specs those of `specs/`, by their names in that folder
 * @param library the text of docs/library.md
 */
export function architecturePages(specs: readonly Source[], library: string): ReadonlyMap<string, string> {
  const figures = figuresIn(library);
  const all = Object.entries(architectures);
  const index = [
    '# Architectures',
    sourceComment('scripts/docs/architectures.ts'),
    'From the simplest on. Each page has the paper, the equations with the blocks that say them, a whole spec, and what it costs. Begin with the first that fits; [one table](../library.md) has them all on the same rows.',
    table(
      ['architecture', 'when to use it'],
      all.map(([name, { title, when }]) => [`[${title}](${name}.md)`, when]),
    ),
    '',
  ].join('\n\n');
  return new Map([['index', index], ...all.map(([name, about]) => [name, pageOf(name, about, specs, figures)] as const)]);
}
