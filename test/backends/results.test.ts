import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readResults, writeResults, type Cell } from './kit/results.js';

test('results of a backend are a file, a line for each cell, and come back', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'results-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cell = (model: string): Cell => ({ model, real: true, backend: 'tfjs cpu', target: 'engine', predictions: 1.2345e-8 });
  writeResults({ backend: 'tfjs cpu', about: 'version 1', cells: [cell('b B'), cell('a A')] }, folder);
  writeResults({ backend: 'onnxruntime of Python', about: 'version 2', cells: [] }, folder);
  expect(readdirSync(folder).sort()).toEqual(['onnxruntime-of-python.jsonl', 'tfjs-cpu.jsonl']);
  expect(readFileSync(path.join(folder, 'tfjs-cpu.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3);
  const { about, cells } = readResults(folder).get('tfjs cpu')!;
  expect(about).toBe('version 1');
  expect(cells).toEqual(['a A', 'b B'].map((model) => ({ ...cell(model), predictions: 1.23e-8 })));
  expect(readResults(path.join(folder, 'none')).size).toBe(0);
});
