import type { TextEdit, WorkspaceEdit } from 'vscode-languageserver';
import { pathOf, rangeOf } from '../../src/editor/places.js';
import { check, type Checked } from '../../src/model/check.js';
import { edited, type Client } from './client.js';
import { apply, random, someEdit } from './edits.js';

const model = `import { layer, both } from "./blocks.rec"
model A {
  data { source: "d.csv" }
  features { c: category, t: number, more: number(log1p) }
  label y: binary
  embeddings { dim: 4 }
  network {
    v = concat(c, t)
    w = layer(v, 8)
    y = linear(concat(both(v), w), 1)
  }
}
model B extends A { features { extra: number } }
`;
const blocks = `/// One layer.
block layer(x: vector[d], units: int) -> vector[units] {
  h = linear(x, units)
  return relu(h)
}
block both(x: vector[d]) -> vector[d] {
  gate = sigmoid(layer(x, d))
  return gate * x
}
`;
const other = `import { both } from "./blocks.rec"
block twice(x: vector[d]) -> vector[d] { return both(both(x)) }
`;

export interface Changed {
  /** What was told of the model's file, where a first check of the same texts tells something else. */
  readonly unlike: readonly string[];
  /** Renames after which there are more errors than before. */
  readonly harmful: readonly string[];
  readonly renamed: number;
  readonly refused: number;
}

/**
 * Opens, changes and closes texts without saving them, changes files behind the back of an editor that watches none, and renames,
 * all at random.
 * @param files the disk, by path; the three files of the folder are written to it
 */
export async function changeAtRandom(
  client: Client,
  files: Record<string, string | undefined>,
  folder: string,
  { steps, seed }: { readonly steps: number; readonly seed: number },
): Promise<Changed> {
  const next = random(seed);
  const among = <T>(all: readonly [T, ...T[]]): T => all[Math.floor(next() * all.length)] ?? all[0];
  const uriOf = (name: string): string => `${folder}/${name}.rec`;
  const [own, imported] = [uriOf('a'), uriOf('blocks')];
  const reset = (): void => {
    for (const [name, text] of Object.entries({ a: model, blocks, other })) files[pathOf(uriOf(name))] = text;
  };
  const open = new Map<string, string>();
  const textOf = (uri: string): string => open.get(uri) ?? files[pathOf(uri)] ?? '';
  const put = async (uri: string, text: string): Promise<void> => {
    await (open.has(uri) ? client.replace(uri, text) : client.open(uri, text));
    open.set(uri, text);
  };
  const close = async (uri: string): Promise<void> => {
    if (open.delete(uri)) await client.close(uri);
  };
  const saved = (): Promise<void> => client.notify('textDocument/didSave', { textDocument: { uri: own } });
  const unlike: string[] = [];
  const harmful: string[] = [];
  let [renamed, refused] = [0, 0];

  const renames = async (): Promise<void> => {
    const uri = among([own, imported]);
    const text = textOf(uri);
    const words = [...text.matchAll(/[A-Za-z_]\w*/g)];
    const word = words[Math.floor(next() * words.length)];
    const newName = among(['fresh', 'c', 'v', 'layer', 'both', 'twice', 'linear', 'A', 'x', 'h', 'gate', 'extra', 'y', 'units']);
    const before = text.slice(0, word?.index).split('\n');
    const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
    const edit = await client.ask<WorkspaceEdit>('rename', uri, { position, newName }).catch((error: unknown) => String(error));
    if (typeof edit === 'string') {
      refused += 1;
      return;
    }
    renamed += 1;
    const changes = new Map<string, TextEdit[]>(Object.entries(edit.changes ?? {}));
    const after = (at: string): string => edited(textOf(at), changes.get(at) ?? []);
    for (const name of ['a', 'blocks', 'other']) {
      const [was, is] = [textOf, after].map((texts) => errorsOf(firstCheck(uriOf(name), texts)));
      if ((is ?? 0) > (was ?? 0)) harmful.push(`${word?.[0] ?? ''} to ${newName} in\n${textOf(own)}${textOf(imported)}`);
    }
  };

  reset();
  await put(own, model);
  for (let i = 0; i < steps; i++) {
    if (i % 12 === 0) {
      reset();
      await close(imported);
      await put(own, model);
      await saved();
    }
    const kind = next();
    if (kind < 0.2) await put(imported, apply(textOf(imported), someEdit(textOf(imported), next)));
    else if (kind < 0.4) await close(imported);
    else if (kind < 0.6) {
      files[pathOf(imported)] = apply(textOf(imported), someEdit(textOf(imported), next));
      if (next() < 0.5) await renames();
      await saved();
    } else if (kind < 0.65) await put(own, apply(textOf(own), someEdit(textOf(own), next)));
    else await renames();
    const mark = uriOf(`mark-${String(i)}`);
    await client.open(mark, '');
    await client.diagnostics(mark);
    await client.close(mark);
    const told = client.said(own)?.map(({ code, range }) => `${String(code)} ${JSON.stringify(range)}`);
    const expected = firstCheck(own, textOf).diagnostics.flatMap(({ code, span }) =>
      span.source.path === pathOf(own) ? [`${code} ${JSON.stringify(rangeOf(span))}`] : [],
    );
    if ([...new Set(told)].sort().join() !== [...new Set(expected)].sort().join())
      unlike.push(`step ${String(i)}: ${String(told)} instead of ${String(expected)}`);
  }
  await close(own);
  await close(imported);
  return { unlike, harmful, renamed, refused };
}

/** What is found in a text by a check that knows nothing. */
function firstCheck(uri: string, textOf: (uri: string) => string): Checked {
  const load = (path: string) => {
    const text = textOf(`file://${path}`);
    return text === '' ? { problem: 'there is no such file or folder' } : { source: { path, text } };
  };
  return check({ path: pathOf(uri), text: textOf(uri) }, { load });
}

const errorsOf = ({ diagnostics }: Checked): number => diagnostics.filter(({ severity }) => severity === 'error').length;
