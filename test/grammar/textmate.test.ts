import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { IGrammar } from 'vscode-textmate';
import { beforeAll, describe, expect, test } from 'vitest';
import { lexed, scopeOf, scopes } from '../../scripts/grammar/scopes.js';
import { words } from '../../scripts/grammar/words.js';
import { scan } from '../../src/language/scanner.js';
import * as t from '../../src/language/tokens.js';
import { drawScopes } from './draw.js';
import { openGrammar, piecesOf, type Piece } from './tokenize.js';

const folders = ['../../specs/', '../../src/std/', './fixtures/'];
const files = folders.flatMap((folder) =>
  readdirSync(new URL(folder, import.meta.url))
    .filter((file) => file.endsWith('.rec'))
    .map((file) => ({
      file: `${path.basename(folder)}/${file}`,
      text: readFileSync(new URL(folder + file, import.meta.url), 'utf8'),
    })),
);
const fixture = files.find(({ file }) => file === 'fixtures/everything.rec')?.text ?? '';

/** What a name may be coloured as, by what it is. */
const roles = [
  ...['name', 'feature', 'label', 'assigned', 'member', 'parameter', 'key', 'section', 'kind', 'type', 'libraryFunction'],
  ...['value', 'function', 'block', 'model', 'base', 'imported'],
].map((role) => scopes[role as keyof typeof scopes] as string);

let grammar: IGrammar;
beforeAll(async () => {
  grammar = await openGrammar();
});

const at = (pieces: readonly Piece[], offset: number): Piece | undefined =>
  pieces.find(({ start, end }) => start <= offset && offset < end);

describe('every token of the lexer', () => {
  test('has a scope', () => {
    for (const type of lexed) expect(scopeOf(type), type.name).toMatch(/\.rec$/);
  });

  test('stands in the fixture, but for the broken one', () => {
    const found = new Set(scan({ path: '', text: fixture }).tokens.map(({ tokenType }) => tokenType));
    expect(lexed.filter((type) => !found.has(type))).toEqual([t.UnterminatedString]);
  });

  test.each(files)('is coloured as what it is in $file', ({ text }) => {
    const pieces = piecesOf(grammar, text);
    const { tokens, comments } = scan({ path: '', text });
    const wrong = tokens.flatMap((token) => {
      const type = token.tokenType;
      const mayBeName = type === t.Identifier || t.contextualKeywords.includes(type);
      const allowed = mayBeName ? [scopeOf(type), ...roles] : [scopeOf(type)];
      const piece = at(pieces, token.startOffset);
      const [scope = 'nothing', ...more] = piece?.scopes ?? [];
      const isWhole = piece?.start === token.startOffset && piece.end === t.endOf(token);
      const isString = type === t.StringToken && scope === scopeOf(type);
      const isRight = isString || (isWhole && more.length === 0 && allowed.includes(scope));
      return isRight ? [] : [`${token.image}: ${scope} ${more.join(' ')}`];
    });
    expect(wrong).toEqual([]);
    for (const { text: comment, span } of comments) {
      const scope = comment.startsWith('/') ? scopes.documentation : scopes.comment;
      expect(at(pieces, span.start)?.scopes).toEqual([scope]);
    }
  });
});

test.each(files)('the colours of $file are those of the snapshot', async ({ file, text }) => {
  const place = new URL(`./snapshots/${file}.txt`, import.meta.url);
  await expect(drawScopes(text, piecesOf(grammar, text))).toMatchFileSnapshot(place.pathname);
});

/** The scopes of the one piece of a text that is marked by «…». */
function scopesOf(marked: string): string {
  const start = marked.indexOf('«');
  const text = marked.replace(/[«»]/g, '');
  const piece = at(piecesOf(grammar, text), start);
  expect(piece?.text).toBe(marked.slice(start + 1, marked.indexOf('»')));
  return piece?.scopes.join(' ') ?? '';
}

describe('words mean what is around them', () => {
  const model = (inside: string): string => `model M {\n${inside}\n}`;
  test.each([
    ['«model» M {}', 'storage.type.model.rec'],
    ['model «extends» extends Base {}', scopes.model],
    ['model M «extends» Base {}', 'storage.modifier.extends.rec'],
    ['model M extends «Base» {}', scopes.base],
    ['model\n  «M»\n{}', scopes.model],
    ['import { «A» } from "./a.rec"', scopes.imported],
    ['import { A } «from» "./a.rec"', 'keyword.control.import.rec'],
    ['«override» block f() { return 1 }', 'storage.modifier.override.rec'],
    ['block «f»() { return 1 }', scopes.block],
    [model('«features» { a: category }'), scopes.section],
    [model('features { «features»: category }'), scopes.feature],
    [model('features { «label»: category }'), scopes.feature],
    [model('features { a: «category»[](pool: mean) }'), scopes.kind],
    [model('features { «time»: time(cycle: day) }'), scopes.feature],
    [model('features { a: time(cycle: «day») }'), scopes.value],
    [model('features { a: time(cycle: [hour, «day»]) }'), scopes.value],
    [model('features { user: category = «column»("User") }'), scopes.libraryFunction],
    [model('embeddings { «features»: { dim: 2 } }'), scopes.key],
    [model('embeddings { dim: «auto» }'), scopes.value],
    [model('«label» liked: binary = rating >= 4'), scopes.section],
    [model('label «liked»: binary = rating >= 4'), scopes.label],
    [model('label liked: «binary» = rating >= 4'), scopes.kind],
    [model('label liked: binary = «rating» >= 4'), scopes.name],
    [model('deep { units: [4] activation: «relu» }'), scopes.libraryFunction],
    [model('«deep»: none'), scopes.section],
    [model('deep: «none»'), scopes.value],
    [model('metrics: [«auc»]'), scopes.value],
    [model('train { optimizer: «adam»(1e-3) }'), scopes.libraryFunction],
    [model('train { optimizer: { rest: «adagrad» } }'), scopes.libraryFunction],
    [model('network { «model» = flatten(x) }'), scopes.assigned],
    [model('network { a, «b» = halves(x) }'), scopes.assigned],
    [model('network { a = «halves»(x) }'), scopes.function],
    [model('network { a = «flatten»(x) }'), scopes.libraryFunction],
    [model('network { a = x.«T» }'), scopes.member],
    [model('network { a = f(«_», 2) }'), 'variable.language.hole.rec'],
    [model('network { a = «weight»[2, 2] @ x }'), scopes.libraryFunction],
    [model('network { a = f(«units»: [4]) }'), scopes.parameter],
    ['block f(x: «vector»[d]) -> vector[d] { return x }', scopes.type],
    ['block f(x: vector[d]) -> «vector»[d] { return x }', scopes.type],
    ['block f(«function»: function = relu) { return x }', scopes.parameter],
    ['block f(g: function = «relu») { return x }', scopes.libraryFunction],
    ['// «model» M'.replace(/[«»]/g, '').replace('//', '«//').concat('»'), scopes.comment],
  ])('%s', (marked, scope) => {
    expect(scopesOf(marked)).toBe(scope);
  });
});

describe('what is broken', () => {
  test('a string that its line ends is marked, and ends there', () => {
    expect(scopesOf('model M { data { source: «"a.csv }»\n} }')).toBe(scopeOf(t.UnterminatedString));
    expect(scopesOf('model M { data { source: "a.csv\n«keep»: 1 } }')).toBe(scopes.key);
  });

  test('an escape that is none, and a character that begins no token, are marked', () => {
    expect(scopesOf('model M { data { source: "a«\\q»" } }')).toContain(scopes.illegal);
    expect(scopesOf('model M { data { source: "a«\\u00e9»" } }')).toContain(scopes.escape);
    expect(scopesOf('model M { data «;» }')).toBe(scopes.illegal);
  });

  test.each(['model A { data { source: f(', 'block f(x: vector[d', 'model A { network { a = [', 'import { A'])(
    'a declaration at the start of a line ends the open brackets of: %s',
    (open) => {
      expect(scopesOf(`${open}\n«model» B { }`)).toBe('storage.type.model.rec');
      expect(scopesOf(`${open}\noverride «block» f() { return 1 }`)).toBe('storage.type.block.rec');
      expect(scopesOf(`${open}\n«import» { C } from "./c.rec"`)).toBe('keyword.control.import.rec');
    },
  );

  test('a text cut anywhere is coloured without an error', () => {
    for (let end = 0; end < fixture.length; end += 7) {
      const pieces = piecesOf(grammar, fixture.slice(0, end));
      expect(pieces.reduce((sum, piece) => sum + piece.end - piece.start, 0)).toBeGreaterThanOrEqual(end - 60);
    }
  });
});

test('the words come from the tables of the checker', () => {
  expect(words.sections).toContain('embeddings');
  expect(words.featureKinds).toEqual(['category', 'number', 'time']);
  expect(words.labelKinds).toEqual(['binary', 'number', 'class']);
  expect(words.functions).toEqual(
    expect.arrayContaining(['csv', 'by_time', 'adam', 'plateau', 'glorot_uniform', 'mlp', 'lower']),
  );
  expect(words.values).toEqual(expect.arrayContaining(['auto', 'none', 'stacked', 'latin1', 'auc']));
});
