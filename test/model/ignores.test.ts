import { describe, expect, test } from 'vitest';
import { mend } from '../../src/model/mend.js';
import { found, messagesOf, spec } from './support.js';

const model = (features: string, more = ''): string =>
  `model M {\n  features {\n    a: number\n${features}\n  }\n  label y: binary\n  network { y = linear(a, 1) }\n${more}}\n`;

describe('a warning is left out', () => {
  test.each([
    ['of the next line', '    // rec-ignore unused-feature: for the next version\n    b: number'],
    ['of the same line', '    b: number // rec-ignore unused-feature: for the next version'],
    [
      'of the next line that has more than comments',
      '    // rec-ignore unused-feature: soon\n    // more\n\n    /// Doc.\n    b: number',
    ],
    ['whatever the blanks', '    //rec-ignore   unused-feature  :soon\n    b: number'],
  ])('%s', (_, features) => {
    expect(found(model(features))).toEqual([]);
  });

  test('and others of its line and of other lines are not', () => {
    const twice = '    // rec-ignore unused-feature: soon\n    b: number\n    c: number';
    expect(found(model(twice))).toEqual(['unused-feature «c»']);
    const other = '    // rec-ignore leaking-label: soon\n    b: number';
    expect(found(model(other))).toEqual(['unused-feature «b»']);
  });

  test('by several comments, each with its code', () => {
    const text =
      'model M {\n  features {\n    a: number\n    // rec-ignore unused-feature: soon\n    // rec-ignore empty-value: so it is\n    c: category(values: ["", "x"])\n  }\n  label y: binary\n  network { y = linear(a, 1) }\n}\n';
    expect(found(text.replaceAll(/ *\/\/ rec.*\n/g, '')).length).toBe(2);
    expect(found(text)).toEqual([]);
  });

  test('in a file that is imported', () => {
    const files = (comment: string) => ({
      load: () => ({
        source: {
          path: 'base.rec',
          text: `model Base {\n  features {\n    a: number\n    ${comment}\n    r: number = stars\n  }\n  label y: binary = stars > 3\n}\n`,
        },
      }),
    });
    const text = 'import { Base } from "base.rec"\nmodel M extends Base { deep { units: [4] } }\n';
    expect(found(text, files(''))).toEqual(['leaking-label «r»']);
    expect(found(text, files('// rec-ignore leaking-label: it is the week before'))).toEqual([]);
  });
});

describe('what is wrong with a comment is told', () => {
  test.each([
    [
      '// rec-ignore unused-featur: soon',
      'ignore-of-unknown «unused-featur»',
      /^there is no diagnostic `unused-featur` to ignore$/,
    ],
    ['// rec-ignore', 'ignore-of-unknown «// rec-ignore»', /does not say what/],
    ['// rec-ignore: soon', 'ignore-of-unknown «// rec-ignore: soon»', /does not say what/],
    [
      '// rec-ignore unused-feature',
      'ignore-without-reason «// rec-ignore unused-feature»',
      /no reason to ignore `unused-feature`/,
    ],
    ['// rec-ignore unused-feature:  ', 'ignore-without-reason «// rec-ignore unused-feature:  »', /no reason/],
    ['// rec-ignore unused-feature soon', 'ignore-without-reason «// rec-ignore unused-feature soon»', /no reason/],
    ['// rec-ignore unknown-key: soon', 'ignore-of-error «unknown-key»', /is an error/],
  ])('%s', (comment, wanted, message) => {
    const text = model(`    ${comment}\n    b: number`);
    expect(found(text)).toEqual([wanted, 'unused-feature «b»']);
    expect(messagesOf(text)[0]).toMatch(message);
  });

  test('a code that is near is offered', () => {
    const text = model('    // rec-ignore unused-featur: soon\n    b: number');
    expect(found(mend(spec(text)).text)).toEqual([]);
  });

  test.each([
    ['model M { } // rec-ignore unused-feature: soon', 'model M { }'],
    ['// rec-ignore unused-feature: soon\nmodel M { }', 'model M { }'],
    ['// rec-ignore unused-feature: soon\r\nmodel M { }\r\n', 'model M { }\r\n'],
    ['// rec-ignore unused-feature: soon', ''],
  ])('one that ignores nothing: %j', (text, mended) => {
    expect(found(text)).toEqual(['unused-ignore «// rec-ignore unused-feature: soon»']);
    expect(mend(spec(text)).text).toBe(mended);
  });

  test('but not where errors hide warnings, nor of what only data show', () => {
    expect(found('// rec-ignore unused-feature: soon\nmodel M { fetures { } }')).toEqual(['unknown-section «fetures»']);
    expect(found('// rec-ignore constant-feature: soon\nmodel M { }')).toEqual([]);
  });

  test('nor of a comment that only mentions it', () => {
    expect(found('// see rec-ignore\n// rec-ignored\nmodel M { }')).toEqual([]);
  });
});
