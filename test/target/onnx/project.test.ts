import { describe, expect, test } from 'vitest';
import { onnxFiles } from '../../../src/target/onnx/project.js';
import { casesOf, odd, specFiles, subjectsOfSpec } from './cases.js';
import { runModel, subjectsOf, type Subject } from './rows.js';
import { ort } from './support.js';

const expectNear = (actual: readonly number[], wanted: readonly number[], what: string): void => {
  expect(actual.length, what).toBe(wanted.length);
  actual.forEach((value, i) => {
    const exact = wanted[i] ?? NaN;
    const near = Number.isNaN(exact) ? Number.isNaN(value) : Math.abs(value - exact) <= 1e-5 * Math.max(1, Math.abs(exact));
    expect(near, `${what}[${String(i)}]: ${String(value)}, not ${String(exact)}`).toBe(true);
  });
};

/** Encoded and raw rows through their models, against the interpreter; a row that cannot be encoded is NaN. */
async function expectAgreement(subject: Subject, count = 40): Promise<void> {
  if (!ort) throw new Error('onnxruntime-node is not installed');
  for (const { name, bytes, feeds, outputs } of casesOf(subject, count)) {
    const actual = await runModel(ort, bytes, feeds);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(outputs).sort());
    for (const [output, wanted] of Object.entries(outputs)) expectNear(actual[output] ?? [], wanted, `${name} ${output}`);
  }
}

test('a model that is fed raw columns is refused where the encoder lacks statistics', () => {
  const text = `model Prices { features { price: number(standardize) } label y: number deep { units: [2] } }`;
  const [subject] = subjectsOf({ path: 'prices.rec', text });
  if (!subject) throw new Error('there is no model');
  const encoder = { ...subject.parts.encoder, statistics: {} };
  expect(() => onnxFiles(subject.model, { ...subject.parts, encoder }, { raw: true })).toThrow('price is standardized');
});

describe.skipIf(!ort)('in onnxruntime', () => {
  describe('every spec agrees with the interpreter', () => {
    for (const file of specFiles) {
      const subjects = subjectsOfSpec(file);
      test.runIf(subjects.length > 0)(file, { timeout: 60_000 }, async () => {
        for (const subject of subjects) await expectAgreement(subject);
      });
    }
  });

  test('an empty text among the values has its row only as the default', { timeout: 60_000 }, async () => {
    for (const given of ['', ', default: ""', ', default: "b"']) {
      const features = `user: category(values: ["", "a", "b"]${given}) tags: category[](values: ["a", "", "b"]${given}) only: category(values: [""]${given === ', default: "b"' ? '' : given})`;
      const text = `model Empty { features { ${features} } label y: number embeddings { dim: 2 } cross { depth: 1 } }`;
      for (const subject of subjectsOf({ path: 'empty.rec', text })) await expectAgreement(subject);
    }
  });

  test('raw columns of every kind: expressions, lists, places, crosses, hashes, defaults', { timeout: 60_000 }, async () => {
    for (const subject of subjectsOf({ path: 'odd.rec', text: odd })) await expectAgreement(subject, 300);
  });
});
