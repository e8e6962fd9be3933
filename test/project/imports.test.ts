import { readdirSync } from 'node:fs';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import { complaintAbout, roomImports } from '../../scripts/lint/room-imports.mjs';
import { rooms } from '../../scripts/lint/rooms.mjs';

function lint(code: string, file: string): string[] {
  const found = new Linter().verify(
    code,
    {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { house: { rules: { 'room-imports': roomImports } } },
      rules: { 'house/room-imports': 'error' },
    },
    file,
  );
  return found.map(({ message }) => message);
}

describe('the table of rooms', () => {
  test('has every folder of src', () => {
    const folders = readdirSync(new URL('../../src', import.meta.url));
    expect(folders.filter((folder) => !(folder in rooms))).toEqual([]);
  });

  test('lets a room import only rooms listed before it', () => {
    const order = Object.keys(rooms);
    const later = Object.entries(rooms).flatMap(([room, row]) =>
      row.rooms.filter((name) => !order.slice(0, order.indexOf(room)).includes(name.replace(/\/.*/, ''))),
    );
    expect(later).toEqual([]);
  });
});

describe('imports', () => {
  test.each([
    ['graph/ops/add.ts', '../op.js'],
    ['graph/ops/add.ts', '../../model/model.js'],
    ['graph/graph.ts', '../language/source.js'],
    ['target/onnx/model.ts', '../../model/model.js'],
    ['target/onnx/model.ts', 'protobufjs/light.js'],
    ['target/typescript/format.ts', 'prettier/plugins/typescript'],
    ['data/open.ts', '@duckdb/node-api'],
    ['data/read.ts', '../model/row-expression.js'],
    ['train/loop.ts', 'node:fs'],
    ['cli/version.ts', '../../package.json'],
  ])('%s may import %s', (place, specifier) => {
    expect(complaintAbout(place, specifier)).toBeUndefined();
  });

  test.each([
    ['graph/ops/add.ts', '../../language/syntax.js', /graph may import model, not language/],
    ['language/parser.ts', '../model/check.js', /language may import no other room, not model/],
    ['language/source.ts', '../model/model.js', /not model/],
    ['model/check.ts', 'node:fs', /model runs without Node/],
    ['model/check.ts', 'fs', /model runs without Node/],
    ['encode/sql.ts', '@duckdb/node-api', /encode does not use the package/],
    ['target/typescript/format.ts', 'prettier', /target does not use the package prettier/],
    ['data/read.ts', '../model/check.js', /data may import encode, not model/],
    ['train/loop.ts', '../cli/host.js', /not cli/],
    ['train/loop.ts', '../../package.json', /outside src/],
    ['attic/old.ts', './x.js', /no room/],
  ])('%s may not import %s', (place, specifier, complaint) => {
    expect(complaintAbout(place, specifier)).toMatch(complaint);
  });

  test.each([
    "import fs from 'node:fs';",
    "import type { Stats } from 'node:fs';",
    "export * from 'node:fs';",
    "export { readFile } from 'node:fs';",
    "const fs = await import('node:fs');",
    "type Stats = import('node:fs').Stats;",
    'const any = await import(name);',
  ])('the rule sees %s', (code) => {
    expect(lint(code, 'src/model/check.ts')).toHaveLength(1);
    expect(lint(code, 'test/model/check.test.ts')).toEqual([]);
  });
});
