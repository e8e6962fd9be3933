import type { CompletionItem, Location, LocationLink } from 'vscode-languageserver';
import { describe, expect, it } from 'vitest';
import { withoutPlaces } from '../../src/editor/items.js';
import { hostOf, marked, placeOf, rich, startServer, type Editor } from './client.js';

const uri = 'file:///shop/a.rec';
const text = `model M {
  data { source: "ratings.csv" }
  features { device: category }
  label liked: binary
  network { liked = linear(embed(device), 1) }
}
`;

async function inEditor<T>(editor: Editor, ask: (client: Awaited<ReturnType<typeof startServer>>) => Promise<T>): Promise<T> {
  const client = await startServer(hostOf({ '/shop/a.rec': text }), [], editor);
  const answer = await ask(client);
  await client.end();
  return answer;
}

const completions = (editor: Editor, asked: string): Promise<readonly CompletionItem[]> =>
  inEditor(editor, async (client) => {
    const { text: plain, position } = marked(asked);
    await client.open(uri, plain);
    return client.ask<CompletionItem[]>('completion', uri, { position });
  });

const places = ['|', 'model M {\n  |\n}', 'model M {\n  features { a: | }\n}', 'model M {\n  train { | }\n}'];

describe('an editor that knows neither snippets nor links', () => {
  it('is given plain texts and no command', async () => {
    for (const place of places) {
      const items = await completions({}, place);
      expect(items.length).toBeGreaterThan(2);
      for (const { textEdit, insertTextFormat, command } of items) {
        expect(textEdit?.newText).not.toContain('$');
        expect(insertTextFormat).toBeUndefined();
        expect(command).toBeUndefined();
      }
    }
    const [model] = await completions({}, '|');
    expect(model?.textEdit?.newText).toBe('model Name {\n  \n}');
  });

  it('is given the place of a definition', async () => {
    const definition = (editor: Editor) =>
      inEditor(editor, async (client) => {
        await client.open(uri, text);
        return client.ask<(Location | LocationLink)[]>('definition', uri, { position: placeOf(text, 'device', 1) });
      });
    const start = placeOf(text, 'device');
    const range = { start, end: { ...start, character: start.character + 'device'.length } };
    expect(await definition({})).toEqual([{ uri, range }]);
    expect(await definition(rich)).toMatchObject([{ targetUri: uri, targetSelectionRange: range }]);
  });
});

describe('an editor that knows them', () => {
  it('is given snippets, and its own command', async () => {
    const [model] = await completions(rich, '|');
    expect(model).toMatchObject({ insertTextFormat: 2, textEdit: { newText: 'model ${1:Name} {\n  $0\n}' } });
    const keys = await completions(rich, 'model M {\n  train { | }\n}');
    expect(keys.find(({ label }) => label === 'epochs')?.command?.command).toBe('editor.suggest');
    const silent = await completions({ ...rich, initializationOptions: { suggestCommand: 7 } }, 'model M {\n  train { | }\n}');
    expect(silent.some(({ command }) => command !== undefined)).toBe(false);
  });
});

describe('a snippet without its places', () => {
  it('keeps what they propose', () => {
    expect(withoutPlaces('import { $2 } from "${1:./blocks.rec}"')).toBe('import {  } from "./blocks.rec"');
    expect(withoutPlaces('hash(${1}, k: ${2:3})$0')).toBe('hash(, k: 3)');
  });
});
