import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Location, WorkspaceEdit } from 'vscode-languageserver';
import { editorHost } from '../../src/cli/editor-host.js';
import { edited, hostOf, placeOf, startServer, type Client } from './client.js';

const importing = `import { layer } from "./blocks.rec"
model A {
  data { source: "d.csv" }
  features { c: category, t: number }
  label y: binary
  embeddings { dim: 4 }
  network { y = linear(layer(concat(c, t)), 1) }
}
`;
const blocks = 'block layer(x: vector[d]) -> vector[d] { return x }\n';
const uri = 'file:///specs/a.rec';
const blocksUri = 'file:///specs/blocks.rec';

async function started(): Promise<{ readonly client: Client; readonly files: Record<string, string | undefined> }> {
  const files: Record<string, string | undefined> = { '/specs/a.rec': importing, '/specs/blocks.rec': blocks };
  const client = await startServer(hostOf(files), ['file:///specs']);
  await client.open(uri, importing);
  await client.request('workspace/symbol', { query: 'layer' });
  return { client, files };
}

it('renames in a file as it is now, though the editor tells of no change', async () => {
  const { client, files } = await started();
  const changed = `// one more\n// and one more\n${blocks}`;
  files['/specs/blocks.rec'] = changed;
  const position = placeOf(importing, 'layer');
  const context = { includeDeclaration: true };
  const found = await client.ask<Location[]>('references', uri, { position, context });
  expect(found.find((one) => one.uri === blocksUri)?.range.start).toEqual(placeOf(changed, 'layer'));
  files['/specs/blocks.rec'] = `// last\n${changed}`;
  const edit = await client.ask<WorkspaceEdit>('rename', uri, { position, newName: 'dense' });
  expect(edited(`// last\n${changed}`, edit.changes?.[blocksUri] ?? [])).toContain('\nblock dense(');
  await client.end();
});

it('looks at imported files when a text is saved', async () => {
  const { client, files } = await started();
  files['/specs/blocks.rec'] = undefined;
  await client.notify('textDocument/didSave', { textDocument: { uri } });
  await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'cannot-import'));
  files['/specs/blocks.rec'] = blocks;
  await client.notify('textDocument/didSave', { textDocument: { uri } });
  await client.diagnostics(uri, (all) => all.length === 0);
  await client.end();
});

it('looks at imported files when a change is longer than a second ago', async () => {
  const { client, files } = await started();
  files['/specs/blocks.rec'] = blocks.replace('layer', 'other');
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await client.edit(uri, [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, text: ' ' }]);
  await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'unknown-import'));
  await client.end();
});

it('takes an imported text for its file again when it is closed without being saved', async () => {
  const { client } = await started();
  await client.open(blocksUri, blocks.replace('layer', 'other'));
  await client.diagnostics(uri, (all) => all.some(({ code }) => code === 'unknown-import'));
  await client.close(blocksUri);
  await client.diagnostics(uri, (all) => all.length === 0);
  await client.end();
});

it('asks to be told of files that change, where the editor can', async () => {
  const workspace = { didChangeWatchedFiles: { dynamicRegistration: true } };
  const client = await startServer(hostOf({}), [], { workspace });
  await client.request('workspace/symbol', { query: '' });
  expect(client.registered()).toMatchObject([
    { method: 'workspace/didChangeWatchedFiles', registerOptions: { watchers: [{ globPattern: '**/*.rec' }] } },
  ]);
  await client.end();
  const plain = await startServer(hostOf({}));
  await plain.request('workspace/symbol', { query: '' });
  expect(plain.registered()).toEqual([]);
  await plain.end();
});

it('knows a file of the disk that has changed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'versions-'));
  const file = path.join(folder, 'a.rec');
  const { version } = editorHost();
  expect(version?.(file)).toBeUndefined();
  writeFileSync(file, 'model A { }');
  const first = version?.(file);
  expect(first).toEqual(expect.any(String));
  expect(version?.(file)).toBe(first);
  expect(version?.(path.join(file, 'b.rec'))).toBeUndefined();
  writeFileSync(path.join(folder, 'b.rec'), 'model B { }');
  renameSync(path.join(folder, 'b.rec'), file);
  expect(version?.(file)).not.toBe(first);
  rmSync(folder, { recursive: true });
});
