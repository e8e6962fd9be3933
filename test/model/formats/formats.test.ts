import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { check } from '../../../src/model/check.js';
import { explanations } from '../../../src/model/explanations.js';
import type { Explanation } from '../../../src/model/explanations/explanation.js';
import { formats, type FormatName } from '../../../src/model/formats.js';
import { diagnosticJson } from '../../../src/model/formats/json.js';
import type { Findings } from '../../../src/model/formats/report.js';
import { spec } from '../support.js';

const findingsOf = (text: string, path = 'spec.rec', unread: readonly string[] = []): Findings => {
  const { diagnostics, models } = check({ path, text });
  return { diagnostics, models: models.length, unread };
};
const written = (format: FormatName, findings: Findings): string =>
  formats[format](findings, { colour: false, version: '1.2.3' });

const wrong = 'model M {\n  features { a: number, a: number }\n  fetures { }\n}\n';
const lint = 'model M {\n  features { a: number, b: number }\n  label y: binary\n  network { y = linear(a, 1) }\n}\n';

describe('text', () => {
  test.each([
    ['model M { features { a: number } label y: binary deep { units: [4] } }', '1 model: no errors\n'],
    ['', 'no errors, and no model to train\n'],
  ])('%s', (text, wanted) => {
    expect(written('text', findingsOf(text))).toBe(wanted);
  });

  test('ends with how many there are', () => {
    expect(written('text', findingsOf(wrong))).toMatch(/^spec\.rec:2:25: error [^]*\n\n2 errors\n$/);
    expect(written('text', findingsOf(lint))).toMatch(/\n\n1 warning\n$/);
  });

  test('shows the first hundred, errors before warnings, and says how many more there are', () => {
    const [warning] = findingsOf(lint).diagnostics;
    const [error] = findingsOf(wrong).diagnostics;
    if (!warning || !error) throw new Error('both are needed');
    const many = [...Array.from({ length: 150 }, () => ({ ...warning })), error];
    const shown = written('text', { diagnostics: many, models: 0, unread: [] });
    expect(shown.match(/: warning/g)).toHaveLength(99);
    expect(shown.match(/: error/g)).toHaveLength(1);
    expect(shown).toMatch(/\n\nand 51 more: all are in --format json\n\n1 error, 150 warnings\n$/);
    const { diagnostics } = JSON.parse(written('json', { diagnostics: many, models: 0, unread: [] })) as {
      diagnostics: unknown[];
    };
    expect(diagnostics).toHaveLength(151);
  });

  test('says nothing more of a file that was not read', () => {
    expect(written('text', { diagnostics: [], models: 0, unread: ['cannot read a.rec'] })).toBe('');
  });
});

describe('json', () => {
  test('has the place, the help, the fix and related places', () => {
    expect(check(spec(wrong)).diagnostics.map(diagnosticJson)).toEqual([
      {
        code: 'duplicate-name',
        severity: 'error',
        message: 'there are two features called `a`',
        ...{ file: 'spec.rec', line: 2, column: 25, endLine: 2, endColumn: 26 },
        related: [{ message: 'the first one is here', file: 'spec.rec', line: 2, column: 14, endLine: 2, endColumn: 15 }],
      },
      {
        code: 'unknown-section',
        severity: 'error',
        message: 'a model has no `fetures`',
        ...{ file: 'spec.rec', line: 3, column: 3, endLine: 3, endColumn: 10 },
        help: 'did you mean `features`?',
        fix: { file: 'spec.rec', line: 3, column: 3, endLine: 3, endColumn: 10, text: 'features' },
        related: [],
      },
    ]);
  });

  test('counts errors and warnings, and names what was not read', () => {
    expect(JSON.parse(written('json', findingsOf(lint, 'spec.rec', ['cannot read a.rec'])))).toMatchObject({
      errors: 0,
      warnings: 1,
      unread: ['cannot read a.rec'],
    });
  });
});

describe('github', () => {
  test('is a workflow command a line', () => {
    expect(written('github', findingsOf(wrong))).toBe(
      '::error file=spec.rec,line=2,col=25,endColumn=26,title=duplicate-name::there are two features called `a`\n' +
        '::error file=spec.rec,line=3,col=3,endColumn=10,title=unknown-section::a model has no `fetures`%0Ahelp: did you mean `features`?\n',
    );
    expect(written('github', findingsOf(lint))).toMatch(/^::warning file=spec\.rec,line=2,/);
  });

  test('escapes what would end a property or the command', () => {
    const text = 'model M { data { source: "100%\\n::error::x" split: 1 } }';
    const lines = written('github', findingsOf(text, 'a,b:c%d\n.rec')).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines)
      expect(line).toMatch(/^::error file=a%2Cb%3Ac%25d%0A\.rec,line=\d+,col=\d+,end\w+=\d+,title=[a-z-]+::/);
  });

  test('has files that were not read', () => {
    expect(written('github', { diagnostics: [], models: 0, unread: ['cannot read 100%.rec:\nno'] })).toBe(
      '::error::cannot read 100%25.rec:%0Ano\n',
    );
  });

  test('nothing found is nothing written', () => {
    expect(written('github', findingsOf(''))).toBe('');
  });
});

describe('sarif', () => {
  const {
    $schema: _,
    id,
    ...schema
  } = JSON.parse(readFileSync(new URL('sarif-2.1.0-rtm.4.schema.json', import.meta.url), 'utf8')) as Record<string, unknown>;
  const valid = new Ajv({
    strict: false,
    unicodeRegExp: false,
    formats: {
      uri: (t: string) => URL.canParse(t),
      'uri-reference': (t: string) => URL.canParse(t, 'file:///'),
      'date-time': true,
    },
  }).compile({ $id: String(id), ...schema });
  const sarifOf = (findings: Findings): unknown => {
    const log: unknown = JSON.parse(written('sarif', findings));
    valid(log);
    expect(valid.errors ?? []).toEqual([]);
    return log;
  };

  test('the schema refuses what is none', () => {
    expect(valid({ version: '2.1.0', runs: [{ results: [] }] })).toBe(false);
    expect(valid({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [{ message: {} }] }] })).toBe(false);
  });

  test('has a rule for each code found, and its fix', () => {
    expect(sarifOf(findingsOf(wrong))).toMatchObject({
      runs: [
        {
          tool: {
            driver: { name: 'reccompile', version: '1.2.3', rules: [{ id: 'duplicate-name' }, { id: 'unknown-section' }] },
          },
          results: [
            {
              ruleId: 'duplicate-name',
              ruleIndex: 0,
              level: 'error',
              relatedLocations: [{ message: { text: 'the first one is here' } }],
            },
            {
              ruleId: 'unknown-section',
              ruleIndex: 1,
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'spec.rec' },
                    region: { startLine: 3, startColumn: 3, endLine: 3, endColumn: 10 },
                  },
                },
              ],
              fixes: [{ artifactChanges: [{ replacements: [{ insertedContent: { text: 'features' } }] }] }],
            },
          ],
        },
      ],
    });
  });

  test.each([
    ['specs/my movies.rec', 'specs/my%20movies.rec'],
    ['../a#b.rec', '../a%23b.rec'],
    ['/data/a.rec', 'file:///data/a.rec'],
    ['C:/data/a.rec', 'file:///C:/data/a.rec'],
    ['x::error/a.rec', 'x%3A%3Aerror/a.rec'],
  ])('%s is %s', (path, uri) => {
    expect(JSON.stringify(sarifOf(findingsOf(wrong, path)))).toContain(`"artifactLocation":{"uri":"${uri}"}`);
  });

  test('names files of the library by a scheme of their own', () => {
    const text = 'model M {\n  features { user: number[4] }\n  label y: binary\n  network { y = linear(mlp(user, [0]), 1) }\n}\n';
    expect(written('sarif', findingsOf(text))).toContain('"uri": "reccompile:std/');
    sarifOf(findingsOf(text));
  });

  test('a file that was not read is told', () => {
    expect(sarifOf({ diagnostics: [], models: 0, unread: ['cannot read a.rec'] })).toMatchObject({
      runs: [
        {
          invocations: [{ executionSuccessful: false, toolExecutionNotifications: [{ message: { text: 'cannot read a.rec' } }] }],
        },
      ],
    });
  });

  test('every diagnostic there is', () => {
    for (const { wrong, options } of Object.values<Explanation>(explanations)) {
      const { diagnostics } = check(spec(wrong), options);
      sarifOf({ diagnostics, models: 0, unread: [] });
    }
  });
});
