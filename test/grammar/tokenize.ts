import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { INITIAL, Registry, type IGrammar } from 'vscode-textmate';

const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
const grammarFile = new URL('../../grammar/rec.tmLanguage.json', import.meta.url);

/** A piece of a text, with the scopes that the grammar gives it besides `source.rec`. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly scopes: readonly string[];
}

/** The grammar of `grammar/`, as editors load it. */
export async function openGrammar(): Promise<IGrammar> {
  await loadWASM(readFileSync(wasm));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async () => JSON.parse(readFileSync(grammarFile, 'utf8')) as never,
  });
  const grammar = await registry.loadGrammar('source.rec');
  if (!grammar) throw new Error('the grammar does not load');
  return grammar;
}

/** Cuts a text as an editor does, line by line. */
export function piecesOf(grammar: IGrammar, text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let state = INITIAL;
  let offset = 0;
  for (const line of text.split('\n')) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    for (const { startIndex, endIndex, scopes } of tokens) {
      const end = Math.min(endIndex, line.length);
      pieces.push({ start: offset + startIndex, end: offset + end, text: line.slice(startIndex, end), scopes: scopes.slice(1) });
    }
    state = ruleStack;
    offset += line.length + 1;
  }
  return pieces;
}
