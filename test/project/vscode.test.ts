import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { strFromU8, unzipSync, type Unzipped } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageExtension } from '../../scripts/package-vscode.mjs';
import { words } from '../../scripts/grammar/words.js';
import { scopes } from '../../scripts/grammar/scopes.js';
import { parse } from '../../src/language/parser.js';

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly contributes: {
    readonly languages: readonly [
      { readonly configuration: string; readonly icon: { readonly light: string; readonly dark: string } },
    ];
    readonly grammars: readonly [{ readonly path: string; readonly scopeName: string }];
    readonly snippets: readonly [{ readonly path: string }];
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
    readonly semanticTokenScopes: readonly [{ readonly scopes: Readonly<Record<string, readonly string[]>> }];
  };
}

const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-vsix-'));
const checkedIn = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const manifest = JSON.parse(checkedIn('editors/vscode/package.json')) as Manifest;
const { contributes } = manifest;

let files: Unzipped;
const text = (file: string): string => strFromU8(files[path.posix.join('extension', file)] ?? new Uint8Array());

beforeAll(async () => {
  await packageExtension(path.join(folder, 'rec.vsix'), path.join(folder, 'staged'));
  files = unzipSync(readFileSync(path.join(folder, 'rec.vsix')));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the .vsix', () => {
  test('has every file that package.json names', () => {
    const [language] = contributes.languages;
    const named = [
      ...[manifest.main, manifest.icon, language.configuration, language.icon.light, language.icon.dark],
      ...[contributes.grammars[0].path, contributes.snippets[0].path],
    ];
    for (const file of named) expect(Object.keys(files)).toContain(path.posix.join('extension', file));
  });

  test('has the grammar and the configuration that are generated', () => {
    expect(text(contributes.grammars[0].path)).toBe(checkedIn('grammar/rec.tmLanguage.json'));
    expect(text(contributes.languages[0].configuration)).toBe(checkedIn('grammar/language-configuration.json'));
    expect(contributes.grammars[0].scopeName).toBe('source.rec');
  });

  test('has an icon of 256 pixels', () => {
    const png = Buffer.from(files[`extension/${manifest.icon}`] ?? []);
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([256, 256]);
  });

  test('carries no sources, no map and no package', () => {
    expect(Object.keys(files).filter((file) => /\.ts$|\.map$|node_modules/.test(file))).toEqual([]);
  });

  test('has the licences of what is bundled', () => {
    expect(text('dist/LICENSES.txt')).toMatch(/vscode-languageclient[^]*chevrotain/);
  });

  test('its client defines the commands and reads the settings of package.json', () => {
    const client = text(manifest.main);
    for (const { command } of contributes.commands) expect(client).toContain(command);
    for (const setting of Object.keys(contributes.configuration.properties))
      expect(setting.startsWith('rec.trace') || client.includes(setting)).toBe(true);
  });

  test('its server answers, with nothing installed beside it', async () => {
    for (const [file, bytes] of Object.entries(files)) {
      const place = path.join(folder, 'installed', file);
      mkdirSync(path.dirname(place), { recursive: true });
      writeFileSync(place, bytes);
    }
    const answer = await ask(path.join(folder, 'installed/extension/dist/server.mjs'));
    expect(answer).toContain('"hoverProvider"');
  });
});

/** The first answer of a server that is asked to begin. */
function ask(server: string): Promise<string> {
  const request = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { processId: null, rootUri: null, capabilities: {} },
  });
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [server, 'lsp', '--stdio'], { cwd: folder });
    let out = '';
    let error = '';
    child.stderr.on('data', (data: Buffer) => (error += data.toString()));
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
      if (!out.includes('capabilities')) return;
      child.kill();
      resolve(out);
    });
    child.on('exit', () => reject(new Error(`the server ended: ${error}`)));
    child.stdin.write(`Content-Length: ${Buffer.byteLength(request)}\r\n\r\n${request}`);
  });
}

test('semantic tokens are coloured by scopes that the grammar has', () => {
  const known = Object.values<string>(scopes);
  for (const [token, [scope = '']] of Object.entries(contributes.semanticTokenScopes[0].scopes))
    expect(known, token).toContain(scope);
});

describe('snippets', () => {
  const snippets = JSON.parse(checkedIn('editors/vscode/snippets/rec.json')) as Readonly<
    Record<string, { readonly prefix: string; readonly body: readonly string[] }>
  >;
  /** What is inserted if nothing is changed. */
  const inserted = (body: readonly string[]): string =>
    body
      .join('\n')
      .replace(/\$\{\d+:((?:\\\}|[^}])*)\}/g, '$1')
      .replace(/\$\{\d+\|([^,|]*)[^}]*\|\}/g, '$1')
      .replace(/\$\d+/g, '')
      .replaceAll('\\}', '}');
  const declares = /^(\/\/\/|model|block|import)/;
  const isItem = /^(label|train)/;

  test.each(Object.entries(snippets))('%s is read without an error', (_, { body }) => {
    const own = inserted(body);
    const section = isItem.test(own) ? own : `features {\n${own}\n}`;
    const whole = declares.test(own) ? own : `model M {\n${section}\n}`;
    expect(parse({ path: 'snippet.rec', text: whole }).problems).toEqual([]);
    expect(whole).not.toMatch(/\$\{|\|\}/);
  });

  test('there is one for each kind of feature', () => {
    for (const kind of words.featureKinds)
      expect(Object.values(snippets).some(({ body }) => body.join('').includes(`: ${kind}`))).toBe(true);
  });
});
