import { infix, prefix } from '../../src/language/operators.js';
import { rules, terminalByName, type Production } from '../../src/language/ebnf.js';
import * as t from '../../src/language/tokens.js';

/** A drawn part; only a whole diagram can be written. */
export interface Drawn {
  readonly toString: () => string;
}

/** The railroad-diagrams of Tab Atkins, which chevrotain carries. */
export interface Railroad {
  readonly Diagram: (...parts: readonly Drawn[]) => Drawn;
  readonly Sequence: (...parts: readonly Drawn[]) => Drawn;
  readonly Choice: (normal: number, ...parts: readonly Drawn[]) => Drawn;
  readonly Optional: (part: Drawn) => Drawn;
  readonly ZeroOrMore: (part: Drawn) => Drawn;
  readonly Terminal: (text: string) => Drawn;
  readonly NonTerminal: (text: string, href: string) => Drawn;
}

const style = `
:root { color-scheme: light dark; --ink: #24292f; --paper: #ffffff; --word: #dff1e4; --rule: #dde9fb; --line: #57606a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --word: #1d3a29; --rule: #1b2f4d; --line: #8b949e; }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font: 600 1.1rem ui-monospace, monospace; margin: 2rem 0 0.25rem; }
figure { margin: 0; overflow-x: auto; }
nav { font-family: ui-monospace, monospace; }
a { color: inherit; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: 0.1rem 1rem 0.1rem 0; }
svg.railroad-diagram path { fill: none; stroke: var(--line); stroke-width: 1.5; }
svg.railroad-diagram rect { fill: var(--word); stroke: var(--line); stroke-width: 1; }
svg.railroad-diagram .non-terminal rect { fill: var(--rule); }
svg.railroad-diagram text { fill: var(--ink); font: 13px ui-monospace, monospace; text-anchor: middle; }
svg.railroad-diagram a text { text-decoration: underline; }`;

/** The page of railroad diagrams, one for each rule of the parser: whole in itself, no script, nothing loaded. */
export function railroadPage(draw: Railroad): string {
  const all = rules();
  const names = all.map(({ name = '' }) => name);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8" />',
    '<meta name="viewport" content="width=device-width" />',
    '<title>The grammar of .rec</title>',
    `<style>${style}\n</style>`,
    '<h1>The grammar of .rec</h1>',
    '<p>Drawn from the rules of the parser. The same grammar as text is in <a href="rec.ebnf">rec.ebnf</a>.</p>',
    `<nav>${[...names, 'name', 'operators', 'tokens'].map((name) => `<a href="#${name}">${name}</a>`).join(' ')}</nav>`,
    ...all.map(({ name = '', definition = [] }) => figure(name, draw.Diagram(...definition.map((part) => drawn(draw, part))))),
    figure(
      'name',
      draw.Diagram(
        choice(
          draw,
          [t.Identifier, ...t.contextualKeywords].map((type) => terminal(draw, type.name)),
        ),
      ),
    ),
    '<h2 id="operators">operators</h2>',
    operatorTable(),
    '<h2 id="tokens">tokens</h2>',
    `<table>${[t.Identifier, t.NumberToken, t.StringToken]
      .map(
        (type) =>
          `<tr><th>${escape(terminalByName(type.name))}</th><td><code>${escape(t.patternOf(type).source)}</code></td></tr>`,
      )
      .join('')}</table>`,
    '</html>',
    '',
  ].join('\n');
}

const figure = (name: string, diagram: Drawn): string =>
  `<h2 id="${name}">${name}</h2>\n<figure>${diagram.toString().trim()}</figure>`;

function drawn(draw: Railroad, { type, name = '', definition = [] }: Production): Drawn {
  const inner = (): Drawn => sequence(draw, definition);
  switch (type) {
    case 'NonTerminal':
      return draw.NonTerminal(name, `#${name}`);
    case 'Terminal':
      return terminal(draw, name);
    case 'Option':
      return draw.Optional(inner());
    case 'Repetition':
      return draw.ZeroOrMore(inner());
    case 'Alternation':
      return choice(
        draw,
        definition.map(({ definition: one = [] }) => sequence(draw, one)),
      );
    default:
      throw new Error(`the grammar uses ${type}, which is not drawn yet`);
  }
}

const sequence = (draw: Railroad, parts: readonly Production[]): Drawn =>
  draw.Sequence(...parts.map((part) => drawn(draw, part)));

const choice = (draw: Railroad, parts: readonly Drawn[]): Drawn => draw.Choice(0, ...parts);

/** Categories of tokens are explained further down. */
const explained: ReadonlyMap<string, string> = new Map([
  [t.Name.name, 'name'],
  [t.PrefixOperator.name, 'operators'],
  [t.InfixOperator.name, 'operators'],
]);

function terminal(draw: Railroad, name: string): Drawn {
  const text = terminalByName(name);
  const place = explained.get(name);
  return place === undefined ? draw.Terminal(text.replace(/^"(.+)"$/, '$1')) : draw.NonTerminal(text, `#${place}`);
}

/** Loosest first. */
function operatorTable(): string {
  const binding = [
    ...Object.entries(infix).map(([operator, { level, left, right }]) => ({
      level,
      operator,
      grouping: right === level ? 'from the right' : left > level ? 'once' : 'from the left',
    })),
    ...Object.entries(prefix).map(([operator, level]) => ({ level, operator, grouping: 'prefix' })),
  ];
  const levels = [...new Set(binding.map(({ level }) => level))].sort((a, b) => a - b);
  const rows = levels.map((level) => {
    const own = binding.filter((one) => one.level === level);
    const grouping = own[0]?.grouping ?? '';
    return `<tr><td><code>${own.map(({ operator }) => escape(operator)).join('</code> <code>')}</code></td><td>${grouping}</td></tr>`;
  });
  return `<table><tr><th>loosest first</th><th>groups</th></tr>${rows.join('')}</table>`;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
