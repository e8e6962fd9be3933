import type { Diagnostic, Position } from 'vscode-languageserver';
import type { Client } from './client.js';
import { apply, random, someEdit, specs } from './edits.js';

export interface Tried {
  /** Texts of which an incremental and a first check said other things. */
  readonly unlike: readonly string[];
  readonly compared: number;
}

const placeIn = (text: string, offset: number): Position => {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
};

const asked = ['hover', 'completion', 'signatureHelp', 'definition', 'documentHighlight', 'prepareRename'];
const askedOfAll = ['documentSymbol', 'semanticTokens/full', 'foldingRange', 'codeLens'];

/**
 * Edits specs at random, asks something after each edit, and compares what is said of a text with what is said of the same text
 * opened anew, beside it.
 * @param folder URI of the folder that the specs are in
 */
export async function editAtRandom(
  client: Client,
  folder: string,
  {
    edits,
    seed,
    every = 10,
    done,
  }: { readonly edits: number; readonly seed: number; readonly every?: number; readonly done?: (edits: number) => void },
): Promise<Tried> {
  const next = random(seed);
  const texts = Object.values(specs);
  const uri = `${folder}/edited.rec`;
  const unlike: string[] = [];
  let text = texts[0] ?? '';
  let compared = 0;
  await client.open(uri, text);
  for (let i = 0; i < edits; i++) {
    if (i % 50 === 49) {
      text = texts[Math.floor(next() * texts.length)] ?? '';
      await client.replace(uri, text);
    }
    const edit = someEdit(text, next);
    const range = { start: placeIn(text, edit.start), end: placeIn(text, edit.end) };
    text = apply(text, edit);
    await client.edit(uri, [{ range, text: edit.text }]);
    const position = placeIn(text, Math.min(text.length, edit.start + edit.text.length));
    await client.ask(asked[i % asked.length] ?? '', uri, { position });
    await client.ask(askedOfAll[i % askedOfAll.length] ?? '', uri);
    if (i % every === every - 1) {
      const fresh = `${folder}/fresh-${String(i)}.rec`;
      await client.open(fresh, text);
      const first = await client.diagnostics(fresh);
      compared += 1;
      if (toldOf(first, fresh) !== toldOf(client.said(uri) ?? [], uri)) unlike.push(text);
      await client.close(fresh);
      done?.(i + 1);
    }
  }
  await client.close(uri);
  return { unlike, compared };
}

/** As text, whatever the file is called. */
const toldOf = (diagnostics: readonly Diagnostic[], uri: string): string =>
  JSON.stringify(diagnostics).replaceAll(uri, 'file:///it.rec');
