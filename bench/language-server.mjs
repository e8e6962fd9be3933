import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const [given = '400', program = path.join(root, 'dist/reccompile.js')] = process.argv.slice(2);

const keystrokes = Number(given);

const features = Array.from({ length: 30 }, (_, i) => `    feature_${i}: category(min_count: ${i + 1})`).join('\n');
const numbers = Array.from({ length: 10 }, (_, i) => `    number_${i}: number(log1p)`).join('\n');

/** A spec of about 500 lines: a base with 40 features, blocks, and models that extend it with networks. */
const specOf = (models) =>
  [
    `/// What all models share.
model Base {
  data { source: "rows.csv" }
  features {
${features}
${numbers}
  }
  label liked: binary = rating >= 4
  embeddings { dim: 16 }
  train { optimizer: adam(1e-3) }
}
`,
    ...Array.from(
      { length: models },
      (_, i) => `/// A block, tried in one model.
block part_${i}(x: vector[d], units: int, depth: int = 2) -> vector[units] {
  h = x
  repeat depth {
    h = relu(linear(h, d)) + h
  }
  return linear(h, units)
}

/// Model ${i}.
model Model${i} extends Base {
  network {
    v = fields(categories)
    pairs = bi_interaction(v)
    x0 = concat(features)
    crossed = cross(x0, depth: ${1 + (i % 3)}, layer: cross_low_rank(_, _, rank: 16))
    deep = mlp(crossed, [128, 64], dropout: 0.1)
    own = part_${i}(deep, 32)
    top = concat(own, pairs)
    liked = linear(top, 1)
  }
  train {
    batch: ${256 + i}
    epochs: 5
  }
}
`,
    ),
  ].join('\n');

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
const line = (what, values) =>
  console.log(`${what.padEnd(34)} median ${quantile(values, 0.5).toFixed(1)} ms, p95 ${quantile(values, 0.95).toFixed(1)} ms`);

const started = performance.now();
const child = spawn(process.execPath, [program, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const connection = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
let told = () => {};
connection.onNotification('textDocument/publishDiagnostics', () => told());
connection.listen();
await connection.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
console.log(`start to initialized               ${(performance.now() - started).toFixed(0)} ms`);
await connection.sendNotification('initialized', {});

const uri = 'file:///bench/models.rec';
const text = specOf(15);
console.log(`a spec of ${text.split('\n').length} lines`);
await connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'rec', version: 1, text } });
await connection.sendRequest('textDocument/semanticTokens/full', { textDocument: { uri } });

/** Types a word into a network, letter by letter, and deletes it. */
const at = { line: text.slice(0, text.lastIndexOf('top = ')).split('\n').length - 1, character: 10 };
const word = 'linear(deep, 16) + ';
const types = (letter, i) => {
  const character = at.character + i;
  return { text: letter, range: { start: { ...at, character }, end: { ...at, character } } };
};
const deletes = (i) => ({
  text: '',
  range: { start: { ...at, character: at.character + i }, end: { ...at, character: at.character + i + 1 } },
});
const edits = Array.from({ length: Math.ceil(keystrokes / (2 * word.length)) }, () => [
  ...[...word].map(types),
  ...[...word].map((_, i) => deletes(word.length - 1 - i)),
]).flat();

/** Milliseconds of processor time that the server has used; only Linux says it, in hundredths of a second. */
const processorTime = () => {
  const stat = `/proc/${child.pid}/stat`;
  if (!existsSync(stat)) return undefined;
  const fields = readFileSync(stat, 'utf8').split(') ')[1].split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
};

const before = processorTime();
const answers = [];
const completions = [];
const diagnostics = [];
for (const [i, edit] of edits.slice(0, keystrokes).entries()) {
  const next = new Promise((resolve) => (told = () => resolve(performance.now())));
  const from = performance.now();
  await connection.sendNotification('textDocument/didChange', { textDocument: { uri, version: i + 2 }, contentChanges: [edit] });
  await connection.sendRequest('textDocument/semanticTokens/full', { textDocument: { uri } });
  answers.push(performance.now() - from);
  const { start } = edit.range;
  const asked = performance.now();
  await connection.sendRequest('textDocument/completion', { textDocument: { uri }, position: start });
  completions.push(performance.now() - asked);
  const when = await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 150))]);
  if (when !== undefined) diagnostics.push(when - from);
}
line('keystroke to semantic tokens', answers);
line('completion after it', completions);
if (diagnostics.length > 0) line('keystroke to diagnostics', diagnostics);
if (before !== undefined)
  console.log(
    `processor time a keystroke          ${((processorTime() - before) / answers.length).toFixed(1)} ms, completion included`,
  );
await connection.sendRequest('shutdown');
await connection.sendNotification('exit');
connection.dispose();
