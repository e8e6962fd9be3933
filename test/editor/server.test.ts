import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  LocationLink,
  MarkupContent,
  SelectionRange,
  SignatureHelp,
  TextEdit,
  WorkspaceEdit,
  WorkspaceSymbol,
} from 'vscode-languageserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../src/editor/host.js';
import { legend } from '../../src/editor/semantic-tokens.js';
import { edited, hostOf, marked, placeOf, startServer, type Client } from './client.js';

const uri = 'file:///shop/movies.rec';
const blocksUri = 'file:///shop/blocks.rec';

const blocks = `/// x' = g(W x)
block layer(x: vector[d], units: int, activation: function = relu) -> vector[units] {
  h = linear(x, units)
  return activation(h)
}
`;

const movies = `import { layer } from "./blocks.rec"

/// Ranks movies.
model Movies {
  data { source: "ratings.csv" }
  features {
    /// Who rates.
    user_id: category(min_count: 5)
    movie_id: category
    device: category(values: ["ios"])
    age: number(log1p)
  }
  label liked: binary = rating >= 4
  embeddings { dim: 16, user_id: { l2: 1e-6 } }
  network {
    v = fields(user_id, movie_id, device)
    deep = layer(concat(flatten(v), age), 32, activation: tanh)
    liked = linear(deep, 1)
  }
  train { batch: 1_024 }
}

model Longer extends Movies { train { epochs: 20 } }
`;

const columns: Host['columns'] = () =>
  Promise.resolve([
    { name: 'user_id', type: 'integer', frequent: ['7', '9'] },
    { name: 'device', type: 'text', frequent: ['ios', 'android'] },
    { name: 'rating', type: 'integer', frequent: ['4', '5'] },
    { name: 'City Name', type: 'text', frequent: ['Köln'] },
  ]);

const library: Host['library'] = (path) => `/lib/${path}`;
const files = { '/shop/blocks.rec': blocks, '/shop/movies.rec': movies, '/shop/ratings.csv': '' };

let client: Client;
beforeAll(async () => {
  client = await startServer(hostOf(files, { columns, library }), ['file:///shop']);
  await client.open(uri, movies);
});
afterAll(() => client.end());

const scratch = 'file:///shop/scratch.rec';
/** Opens a text with a mark in it, and asks there. */
async function askAt<T>(method: string, text: string, more: object = {}): Promise<T> {
  const { text: plain, position } = marked(text);
  await client.open(scratch, plain);
  const answer = await client.ask<T>(method, scratch, { position, ...more });
  await client.close(scratch);
  return answer;
}

const hoverText = async (wanted: string, n = 0, of = uri, text = movies): Promise<string> => {
  const hover = await client.ask<Hover | null>('hover', of, { position: placeOf(text, wanted, n) });
  return (hover?.contents as MarkupContent | undefined)?.value ?? '';
};

describe('diagnostics', () => {
  it('are told as the text changes, with related places, and go away again', async () => {
    const own = 'file:///shop/own.rec';
    await client.open(own, movies);
    expect(await client.diagnostics(own)).toEqual([]);
    const start = placeOf(movies, 'user_id, movie_id');
    await client.edit(own, [{ range: { start, end: { ...start, character: start.character + 7 } }, text: 'user_di' }]);
    const [found] = await client.diagnostics(own, (all) => all.length > 0);
    expect(found).toMatchObject({ code: 'unknown-name', severity: 1, source: 'reccompile', range: { start } });
    expect(found?.message).toContain('did you mean `user_id`?');
    await client.replace(own, movies.replace('user_id: { l2: 1e-6 }', 'user_id: { dim: 8 }'));
    const [unequal] = await client.diagnostics(own, (all) => all.some(({ code }) => code === 'unequal-embedding-dims'));
    expect(unequal?.relatedInformation?.map(({ location }) => location.uri)).toContain(own);
    await client.replace(own, movies);
    await client.diagnostics(own, (all) => all.length === 0);
    await client.close(own);
  });

  it('come for a file that is imported, open or not, and follow its text', async () => {
    await client.open(blocksUri, blocks.replace('linear(', 'lineal('));
    const [found] = await client.diagnostics(blocksUri, (all) => all.length > 0);
    expect(found).toMatchObject({ code: 'unknown-function' });
    await client.replace(blocksUri, blocks);
    await client.diagnostics(blocksUri, (all) => all.length === 0);
    await client.diagnostics(uri, (all) => all.length === 0);
    await client.close(blocksUri);
  });

  it('have fixes as code actions', async () => {
    const own = 'file:///shop/fix.rec';
    const broken = movies.replace('batch: 1_024', 'bach: 1_024').replace('movie_id: category', 'movie_id: categry');
    await client.open(own, broken);
    const found = await client.diagnostics(own, (all) => all.length > 1);
    const [bach] = found.filter(({ code }) => code === 'unknown-key');
    if (!bach) throw new Error('the misspelt key is not told');
    const actions = await client.ask<CodeAction[]>('codeAction', own, { range: bach.range, context: { diagnostics: [bach] } });
    const [fix] = actions;
    expect(fix).toMatchObject({ title: 'Change to `batch`', kind: 'quickfix', isPreferred: true, diagnostics: [bach] });
    const all = actions.find(({ kind }) => kind === 'source.fixAll.reccompile');
    expect(edited(broken, all?.edit?.changes?.[own] ?? [])).toBe(movies);
    await client.close(own);
  });

  it('of a lint can be ignored with a reason', async () => {
    const own = 'file:///shop/lint.rec';
    const text = movies.replace('import { layer }', 'import { layer, other }');
    await client.open(own, text);
    await client.open(blocksUri, `${blocks}\nblock other(x: vector[d]) -> vector[d] { return x }\n`);
    const [found] = await client.diagnostics(own, (all) => all.some(({ code }) => code === 'unused-import'));
    const actions = await client.ask<CodeAction[]>('codeAction', own, { range: found?.range, context: { diagnostics: [] } });
    const ignore = actions.find(({ title }) => title.startsWith('Ignore'));
    expect(edited(text, ignore?.edit?.changes?.[own] ?? [])).toMatch(/^\/\/ rec-ignore unused-import: why\nimport/);
    await client.close(own);
    await client.close(blocksUri);
  });

  it.each([
    ['\r\n', ''],
    ['\n', '\uFEFF'],
  ])('are ignored above the comments of their line, which ends as the others: %j', async (ending, mark) => {
    const own = 'file:///shop/endings.rec';
    const lines = ['// All of it.', '/// Ranks.', 'import { layer, nothing } from "./blocks.rec"', ''];
    const text = mark + lines.join('\n') + movies.slice(movies.indexOf('///'));
    const whole = text.replaceAll('\n', ending);
    await client.open(blocksUri, `${blocks}\nblock nothing(x: vector[d]) -> vector[d] { return x }\n`);
    await client.open(own, whole);
    const [found] = await client.diagnostics(own, (all) => all.some(({ code }) => code === 'unused-import'));
    const actions = await client.ask<CodeAction[]>('codeAction', own, { range: found?.range, context: { diagnostics: [] } });
    const ignore = actions.find(({ title }) => title.startsWith('Ignore'));
    const after = edited(whole, ignore?.edit?.changes?.[own] ?? []);
    expect(after).toBe(`${mark}// rec-ignore unused-import: why${ending}${whole.slice(mark.length)}`);
    await client.replace(own, after.replace(': why', ': it is tried'));
    await client.diagnostics(own, (all) => !all.some(({ code }) => code === 'unused-import'));
    await client.close(own);
    await client.close(blocksUri);
  });
});

describe('hover', () => {
  it('says kind, size, users and the column of a feature', async () => {
    const text = await hoverText('user_id');
    expect(text).toContain('user_id: category(min_count: 5)');
    expect(text).toContain('Who rates.');
    expect(text).toContain('vectors of 16: 16·V(user_id) parameters');
    expect(text).toMatch(/Used by .*`v` \(line 16\)/);
    expect(text).toContain('Column `user_id`: integer, most often `7`, `9`');
  });

  it('says shape, parameters and multiply-adds of a tensor', async () => {
    expect(await hoverText('v = ')).toContain('**v**: matrix[3, 16]');
    const deep = await hoverText('deep');
    expect(deep).toContain('**deep**: vector[32]');
    expect(deep).toMatch(/1,600 parameters, [\d,]+ multiply-adds a row/);
  });

  it('says meaning, values, default and source of a key', async () => {
    const batch = await hoverText('batch');
    expect(batch).toContain('Rows in one step.');
    expect(batch).toContain('Default: `512`.');
    expect(await hoverText('dim')).toContain('Source: DCN-V2 section 7.1.');
    expect(await hoverText('embeddings')).toContain('Sizes and settings');
    expect(await hoverText('category')).toContain('min_count');
  });

  it('says doc and equation of a block and of its parameters', async () => {
    expect(await hoverText('layer(')).toContain("x' = g(W x)");
    expect(await hoverText('linear(')).toContain('_standard library_');
    expect(await hoverText('activation')).toContain('Parameter of `layer`');
    expect(await hoverText('rating ')).toContain('integer');
    expect(await hoverText('Movies')).toContain('parameters');
  });
});

describe('completion', () => {
  const labels = async (text: string): Promise<readonly string[]> =>
    (await askAt<CompletionItem[]>('completion', text)).map(({ label }) => label);
  const applied = async (text: string, label: string): Promise<string> => {
    const { text: plain } = marked(text);
    const items = await askAt<CompletionItem[]>('completion', text);
    const found = items.find((one) => one.label === label);
    return edited(plain, found?.textEdit ? [found.textEdit as TextEdit] : []);
  };
  const head = 'model M {\n  data { source: "ratings.csv", keep: rating > 3 }\n';

  it('has items of a file, sections of a model that are not there yet, and keys', async () => {
    expect(await labels('|')).toEqual(['model', 'block', 'import']);
    expect(await labels(`${head}  |\n}`)).toEqual(expect.arrayContaining(['features', 'label', 'train', 'combine']));
    expect(await labels(`${head}  |\n}`)).not.toContain('data');
    const train = await labels(`${head}  train { batch: 3, | }\n}`);
    expect(train).toContain('epochs');
    expect(train).not.toContain('batch');
    expect(await applied(`${head}  train { ep| }\n}`, 'epochs')).toContain('train { epochs:  }');
  });

  it('has kinds, rules and their parameters', async () => {
    expect(await labels(`${head}  features { a: | }\n}`)).toEqual(['category', 'category[]', 'number', 'number[n]', 'time']);
    expect(await labels(`${head}  features { a: category(|) }\n}`)).toEqual(expect.arrayContaining(['min_count', 'hash']));
    expect(await labels(`${head}  train { optimizer: | }\n}`)).toEqual(expect.arrayContaining(['adam', 'adagrad']));
    expect(await labels(`${head}  train { optimizer: adam(|) }\n}`)).toEqual(expect.arrayContaining(['beta1', 'exact']));
    expect(await labels(`${head}  train { optimizer: { rest: adam(|) } }\n}`)).toContain('beta1');
    expect(await labels(`${head}  combine: |\n}`)).toEqual(['stacked', 'parallel']);
    expect(await labels(`${head}  metrics: [|]\n}`)).toContain('auc');
    expect(await labels(`${head}  label liked: |\n}`)).toEqual(['binary', 'number', 'class']);
    expect(await labels(`${head}  train { shuffle: | }\n}`)).toEqual(['true', 'false']);
  });

  it('has the columns and frequent values of the data', async () => {
    expect(await labels(`${head}  features { user_id: category\n | }\n}`)).toEqual(['device', 'rating', 'City Name']);
    expect(await applied(`${head}  features { | }\n}`, 'City Name')).toContain('city_name: category = column("City Name")');
    expect(await applied(`${head}  features { | }\n}`, 'rating')).toContain('features { rating: number }');
    expect(await labels(`${head}  features { device: category(values: ["|"]) }\n}`)).toEqual(['ios', 'android']);
    expect(await applied(`${head}  features { device: category(values: [|]) }\n}`, 'android')).toContain('values: ["android"]');
    expect(await labels(`${head}  label liked: binary = |\n}`)).toEqual(expect.arrayContaining(['rating', 'lower']));
    expect((await labels(`${head}  label liked: binary = device == |\n}`)).slice(0, 2)).toEqual(['ios', 'android']);
    expect(await labels('model M {\n  data { source: "ratings.csv", split: by_time(|) }\n}')).toContain('rating');
  });

  it('has features, tensors, blocks and arguments in a network, also a broken one', async () => {
    const network = (inner: string): string => movies.replace('    liked = linear(deep, 1)', inner);
    const inner = await labels(network('    liked = |'));
    expect(inner).toEqual(expect.arrayContaining(['user_id', 'v', 'deep', 'layer', 'mlp', 'sum', 'liked']));
    expect((await labels(network('    x = layer(v, |'))).slice(0, 3)).toEqual(['x', 'units', 'activation']);
    expect(await labels(movies.replace('user_id: { l2: 1e-6 }', '|'))).toEqual(expect.arrayContaining(['l2', 'init', 'user_id']));
  });

  it('has files, and what they have to import', async () => {
    expect(await labels('model M { data { source: "|" } }')).toEqual(['ratings.csv']);
    expect(await labels('import { layer } from "|"')).toContain('./blocks.rec');
    expect(await labels('import { | } from "./blocks.rec"')).toEqual(['layer']);
    expect(await labels(`${movies}model More extends |`)).toEqual(expect.arrayContaining(['Movies', 'Longer']));
  });

  it('has nothing in a comment', async () => {
    expect(await labels('model M { // a|\n}')).toEqual([]);
  });
});

describe('navigation', () => {
  const definition = (wanted: string, n = 0): Promise<LocationLink[]> =>
    client.ask('definition', uri, { position: placeOf(movies, wanted, n) });

  it('goes to features, tensors, blocks, parameters, models, files and the library', async () => {
    const startOf = async (wanted: string, n = 0): Promise<unknown> =>
      (await definition(wanted, n))[0]?.targetSelectionRange.start;
    expect(await startOf('movie_id', 1)).toEqual(placeOf(movies, 'movie_id'));
    expect(await startOf('deep, 1')).toEqual(placeOf(movies, 'deep'));
    expect(await startOf('Movies {', 1)).toEqual(placeOf(movies, 'Movies'));
    expect(await definition('layer(')).toMatchObject([
      { targetUri: blocksUri, targetSelectionRange: { start: placeOf(blocks, 'layer') } },
    ]);
    expect(await definition('activation')).toMatchObject([
      { targetUri: blocksUri, targetSelectionRange: { start: placeOf(blocks, 'activation') } },
    ]);
    expect(await definition('"./blocks.rec"')).toMatchObject([{ targetUri: blocksUri }]);
    expect(await definition('"ratings.csv"')).toMatchObject([{ targetUri: 'file:///shop/ratings.csv' }]);
    expect(await definition('linear(')).toMatchObject([{ targetUri: 'file:///lib/std/layers.rec' }]);
  });

  it('finds references in all files', async () => {
    const position = placeOf(movies, 'layer(');
    const found = await client.ask<Location[]>('references', uri, { position, context: { includeDeclaration: true } });
    expect(found.map((one) => one.uri).sort()).toEqual([blocksUri, uri, uri]);
    const highlights = await client.ask<object[]>('documentHighlight', uri, { position: placeOf(movies, 'user_id') });
    expect(highlights).toHaveLength(3);
  });

  it('renames across files, and keeps what a feature reads', async () => {
    const rename = (wanted: string, newName: string): Promise<WorkspaceEdit> =>
      client.ask('rename', uri, { position: placeOf(movies, wanted), newName });
    const block = await rename('layer(', 'dense');
    expect(edited(blocks, block.changes?.[blocksUri] ?? [])).toContain('block dense(');
    expect(edited(movies, block.changes?.[uri] ?? [])).toMatch(/import \{ dense \}[^]*deep = dense\(/);
    const feature = edited(movies, (await rename('user_id', 'user')).changes?.[uri] ?? []);
    expect(feature).toContain('user: category(min_count: 5) = user_id');
    expect(feature).toContain('user: { l2: 1e-6 }');
    expect(feature).toContain('fields(user, movie_id, device)');
    const label = edited(movies, (await rename('liked', 'loved')).changes?.[uri] ?? []);
    expect(label).toContain('label loved: binary = rating >= 4');
    expect(label).toContain('loved = linear');
    const parameter = await rename('activation', 'nonlinearity');
    expect(edited(movies, parameter.changes?.[uri] ?? [])).toContain('32, nonlinearity: tanh');
    expect(edited(blocks, parameter.changes?.[blocksUri] ?? [])).toContain('return nonlinearity(h)');
  });

  it('refuses names that are taken or none, and what is not the user’s', async () => {
    const rename = (wanted: string, newName: string): Promise<unknown> =>
      client.ask('rename', uri, { position: placeOf(movies, wanted), newName });
    await expect(rename('user_id', 'movie_id')).rejects.toThrow('there is a feature `movie_id` already');
    await expect(rename('user_id', 'in')).rejects.toThrow('cannot be a name');
    await expect(rename('deep', 'v')).rejects.toThrow('already');
    expect(await client.ask('prepareRename', uri, { position: placeOf(movies, 'linear(') })).toBeNull();
  });
});

describe('the rest', () => {
  it('outlines a text and finds names in the workspace', async () => {
    const outline = await client.ask<DocumentSymbol[]>('documentSymbol', uri);
    expect(outline.map(({ name }) => name)).toEqual(['Movies', 'Longer']);
    expect(outline[0]?.children?.map(({ name }) => name)).toEqual([
      'data',
      'features',
      'liked',
      'embeddings',
      'network',
      'train',
    ]);
    const found = await client.request<WorkspaceSymbol[]>('workspace/symbol', { query: 'lyr' });
    expect(found.map(({ name }) => name)).toEqual(['layer']);
  });

  it('packs a token for each name, in order', async () => {
    const { data } = await client.ask<{ data: number[] }>('semanticTokens/full', uri);
    const lines = movies.split('\n');
    const tokens: string[] = [];
    let [line, character] = [0, 0];
    for (let i = 0; i < data.length; i += 5) {
      const [down = 0, right = 0, length = 0, type = 0] = data.slice(i, i + 5);
      character = down > 0 ? right : character + right;
      line += down;
      tokens.push(`${lines[line]?.slice(character, character + length) ?? ''}:${legend.tokenTypes[type] ?? ''}`);
    }
    expect(tokens.slice(0, 4)).toEqual(['layer:function', 'Movies:class', 'data:keyword', 'source:property']);
    expect(tokens).toEqual(expect.arrayContaining(['user_id:variable', 'liked:event', 'activation:parameter', 'category:type']));
    expect(tokens.every((token) => /^\w+:\w+$/.test(token))).toBe(true);
  });

  it('helps with the arguments of a call', async () => {
    const help = await askAt<SignatureHelp>('signatureHelp', movies.replace('32, activation: tanh)', '32, activation: |)'));
    expect(help.signatures[0]?.label).toBe('layer(x: vector[d], units: int, activation: function = relu)');
    expect(help.activeParameter).toBe(2);
    const rule = await askAt<SignatureHelp>('signatureHelp', 'model M { train { optimizer: adam(1e-3, |) } }');
    expect(rule.signatures[0]?.label).toContain('beta1: 0.9');
  });

  it('folds, grows selections and formats', async () => {
    const folds = await client.ask<FoldingRange[]>('foldingRange', uri);
    expect(folds).toContainEqual({ startLine: 5, endLine: 10 });
    const [selection] = await client.ask<SelectionRange[]>('selectionRange', uri, { positions: [placeOf(movies, 'tanh')] });
    const sizes: number[] = [];
    for (let at = selection; at; at = at.parent) sizes.push(at.range.end.line - at.range.start.line);
    expect(sizes.length).toBeGreaterThan(5);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    const loose = 'model   M { combine:stacked }\n';
    const edits = await askAt<TextEdit[]>('formatting', `|${loose}`, { options: { tabSize: 2, insertSpaces: true } });
    expect(edited(loose, edits)).toMatch(/^model M \{/);
  });

  it('shows sizes, defaults and parameters between the lines', async () => {
    const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    const hints = await client.ask<InlayHint[]>('inlayHint', uri, { range });
    const byLine = hints.map(({ position, label }) => `${String(position.line + 1)} ${label as string}`);
    expect(byLine).toEqual(expect.arrayContaining(['16 // [3 x 16]', '17 // [32]', '18 // [1]']));
    expect(byLine.find((hint) => hint.startsWith('20 '))).toContain('optimizer: adam, epochs: 10');
    const lenses = await client.ask<CodeLens[]>('codeLens', uri);
    expect(lenses.map(({ range: { start }, command }) => [start.line, command?.title])).toEqual([
      [3, '1,665 + 16·V(user_id) + 16·V(movie_id) parameters'],
      [22, '1,665 + 16·V(user_id) + 16·V(movie_id) parameters'],
    ]);
  });
});
