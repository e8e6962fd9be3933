import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildFailure } from 'esbuild';
import { expect, test } from 'vitest';
import { rooms } from '../../scripts/lint/rooms.mjs';

const source = fileURLToPath(new URL('../../src/', import.meta.url));
const filesOf = (room: string): string[] =>
  readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.startsWith(`${room}${path.sep}`) && file.endsWith('.ts') && !file.endsWith('.d.ts'),
  );

/** What stops a bundle for a page; nothing when it can be made. */
async function problemsInPage(contents: string): Promise<string[]> {
  try {
    await build({
      stdin: { contents, resolveDir: source, loader: 'ts' },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      loader: { '.rec': 'text' },
      logLevel: 'silent',
    });
    return [];
  } catch (error) {
    return (error as BuildFailure).errors.map(({ text }) => text);
  }
}

const pure = Object.entries(rooms).flatMap(([room, row]) => (row.node || filesOf(room).length === 0 ? [] : [room]));

test.each(pure)('%s and all that it imports can be bundled for a page', async (room) => {
  const imports = filesOf(room).map((file) => `import './${file.replaceAll(path.sep, '/')}';`);
  expect(await problemsInPage(imports.join('\n'))).toEqual([]);
});

test("a module of Node's own is noticed", async () => {
  expect(await problemsInPage("import 'node:fs';")).toHaveLength(1);
});
