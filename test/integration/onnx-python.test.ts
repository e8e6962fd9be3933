import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { python } from '../../scripts/backends/places.mjs';
import { modelFiles } from '../../src/target/onnx/external-data.js';
import { decodeModel } from '../../src/target/onnx/proto.js';
import { casesOf, odd, specFiles, stepCase, subjectsOfSpec, type Case } from '../target/onnx/cases.js';
import { subjectsOf } from '../target/onnx/rows.js';

/** What onnx and onnxruntime of Python find wrong with models. */
function problems(cases: readonly Case[], mostInside = Infinity): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-onnx-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const listed = cases.map(({ bytes, ...one }, i) => {
    mkdirSync(path.join(folder, String(i)));
    for (const file of modelFiles('model.onnx', decodeModel(bytes), mostInside))
      if ('bytes' in file) writeFileSync(path.join(folder, String(i), file.path), file.bytes);
    return { ...one, model: path.join(folder, String(i), 'model.onnx') };
  });
  const list = path.join(folder, 'cases.json');
  writeFileSync(list, JSON.stringify(listed));
  return execFileSync(python, ['test/target/onnx/check_models.py', list], { encoding: 'utf8' });
}

const there = existsSync(python);

test.skipIf(!there)('every spec in Python: the checker passes, and onnxruntime gives the same', { timeout: 300_000 }, () => {
  expect(problems(specFiles.flatMap(subjectsOfSpec).flatMap((subject) => casesOf(subject, 30)))).toBe('');
});

test.skipIf(!there)('the training step of every spec in Python: loss and gradients', { timeout: 300_000 }, () => {
  expect(problems(specFiles.flatMap(subjectsOfSpec).map((subject) => stepCase(subject)))).toBe('');
});

test.skipIf(!there)('raw columns of every kind in Python', () => {
  expect(problems(subjectsOf({ path: 'odd.rec', text: odd }).flatMap((subject) => casesOf(subject, 200)))).toBe('');
});

test.skipIf(!there)('weights in files of their own in Python', () => {
  const [subject] = subjectsOfSpec('wide-deep.rec');
  expect(problems(casesOf(subject!, 20), 0)).toBe('');
});
