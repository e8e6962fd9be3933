import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { workplace } from '../cli/workplace.js';

interface Fence {
  readonly info: string;
  readonly text: string;
}

const page = readFileSync('docs/tutorial.md', 'utf8');
const fences: readonly Fence[] = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({
  info,
  text,
}));

/** Without what differs from machine to machine: the engine, times, and the digits of figures. */
const shape = (line: string): string =>
  line
    .replace(/( parameters), .*$/, '$1')
    .replace(/ \(encoded before\)/, '')
    .replace(/ +[\d.]+ s, [\d.,k]+ rows\/s$/, '')
    .replace(/ in [\d.]+ s\b/, '')
    .replaceAll(/\d\.\d+/g, '0.0');

const figures = (line: string): readonly number[] =>
  [...line.replace(/ +[\d.]+ s, .*$| in [\d.]+ s.*$/, '').matchAll(/\d\.\d{3,}/g)].map(([figure]) => Number(figure));

/** Lines of the page are those printed, with `…` for any number of them. */
function expectPrinted(shown: string, printed: string): void {
  const lines = printed.trimEnd().split('\n');
  let at = 0;
  let skipping = false;
  for (const line of shown.trimEnd().split('\n')) {
    if (line === '…') {
      skipping = true;
      continue;
    }
    const found = skipping ? lines.findIndex((other, i) => i >= at && shape(other) === shape(line)) : at;
    expect(shape(lines[found] ?? '(nothing more)')).toBe(shape(line));
    const given = figures(lines[found] ?? '');
    figures(line).forEach((figure, i) => {
      expect(Math.abs(figure - (given[i] ?? Number.NaN)), line).toBeLessThan(0.02);
    });
    at = found + 1;
    skipping = false;
  }
  if (!skipping) expect(lines.slice(at)).toEqual([]);
}

test('every step of docs/tutorial.md does what the page shows', async () => {
  const { call, folder, write } = workplace({});
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  const commands: string[] = [];
  let printed = '';
  for (const { info, text } of fences) {
    if (info === 'js') write('make-clicks.mjs', text);
    else if (info === 'sh' && text.startsWith('node ')) execFileSync(process.execPath, ['make-clicks.mjs'], { cwd: folder });
    else if (info === 'sh') {
      const line = text.trim().split(' ').slice(2);
      const isSlip = line[0] === 'check' && !line.includes('--data');
      const spec = isSlip ? read('clicks.rec') : '';
      if (isSlip) write('clicks.rec', spec.replace('shelf: category', 'shelf: catgory'));
      const { status, out, error } = await call(line);
      if (isSlip) write('clicks.rec', spec);
      expect({ line, status, error }).toMatchObject({ line, status: isSlip ? 1 : 0 });
      commands.push(line[0] ?? '');
      printed = error + out;
    } else if (info === 'text') expectPrinted(text, printed);
    else if (info === 'csv' && text.includes('clicked')) expect(read('clicks.csv')).toContain(text.replace('…\n', ''));
    else if (info === 'csv') write('new.csv', text);
    else if (text.startsWith('edition')) expect(read('clicks.rec')).toBe(text);
    else write('clicks.rec', `${read('clicks.rec')}\n${text}`);
  }
  expect(commands).toEqual(['init', 'check', 'check', 'train', 'train', 'predict', 'export']);
  expect(existsSync(path.join(folder, 'web/model.onnx'))).toBe(true);
}, 120_000);
