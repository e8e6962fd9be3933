import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { foldRepeats } from '../../src/graph/repeats.js';
import { printFoldedGraph, printGraph } from '../../src/graph/text.js';
import type { CheckedModel } from '../../src/model/model.js';
import type { NodeId } from '../../src/model/network.js';
import { sketch } from './networks.js';

/** Writes every turn out. */
function unfold(lines: readonly string[]): string[] {
  const result: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, from, to] = /^repeat i = (\d+) … (\d+) \{$/.exec(lines[at] ?? '') ?? [];
    if (from === undefined) {
      result.push(lines[at] ?? '');
      continue;
    }
    const end = lines.indexOf('}', at);
    const step = Number(to) < Number(from) ? -1 : 1;
    for (let i = Number(from); i !== Number(to) + step; i += step) {
      for (const line of lines.slice(at + 1, end)) result.push(line.slice(2).replace(/\{[^}]*\}/g, (text) => valueAt(text, i)));
    }
    at = end;
  }
  return result;
}

/** `{6i+9}`, `{i}`, `{100-i}`. */
function valueAt(formula: string, i: number): string {
  const [, first = '', slope, last = ''] = /^\{(?:(\d+)-)?(\d*)i([+-]\d+)?\}$/.exec(formula) ?? [];
  if (slope === undefined) throw new Error(`no formula: ${formula}`);
  const times = (slope === '' ? 1 : Number(slope)) * i;
  return String(first === '' ? times + Number(last) : Number(first) - times);
}

/** x' = x0 ⊙ (W x + b) + x, so many times. */
function crossNetwork(depth: number): CheckedModel {
  const s = sketch();
  const x0 = s.vector('x', 6);
  let x: NodeId = x0;
  for (let i = 0; i < depth; i++) x = s.binary('add', s.times(x0, s.linear(`cross.${String(i)}`, x, 6)), x);
  return s.model({ y: s.reshape(s.linear('y', x, 1), []) });
}

describe('graphs with repeats', () => {
  test('show a turn once', () => {
    expect(printFoldedGraph(inferenceGraph(crossNetwork(64)).graph)).toBe(`%0 = input "dense.x" : [rows, 6]
repeat i = 0 … 63 {
  %{6i+1} = parameter "cross.{i}.weight" : [6, 6]
  %{6i+2} = matmul(%{6i}, %{6i+1}) transposeB : [rows, 6]
  %{6i+3} = parameter "cross.{i}.bias" : [6]
  %{6i+4} = add(%{6i+2}, %{6i+3}) : [rows, 6]
  %{6i+5} = multiply(%0, %{6i+4}) : [rows, 6]
  %{6i+6} = add(%{6i+5}, %{6i}) : [rows, 6]
}
%385 = parameter "y.weight" : [1, 6]
%386 = matmul(%384, %385) transposeB : [rows, 1]
%387 = parameter "y.bias" : [1]
%388 = add(%386, %387) : [rows, 1]
%389 = reshape(%388) : [rows]
output "prediction.y" = %389
output "logit.y" = %389
`);
  });

  test('count their gradients backwards, as the turns they belong to', () => {
    const lines = printFoldedGraph(stepGraph(crossNetwork(64)).graph).split('\n');
    expect(lines.length).toBeLessThan(90);
    expect(lines.filter((line) => line.startsWith('repeat'))).toEqual([
      'repeat i = 0 … 63 {',
      'repeat i = 62 … 1 {',
      'repeat i = 1 … 63 {',
    ]);
    expect(lines.filter((line) => line.includes('gradient.cross.{i}.weight'))).toHaveLength(1);
    expect(unfold(lines)).toEqual(printGraph(stepGraph(crossNetwork(64)).graph).split('\n'));
  });

  test('are as they were if they are short', () => {
    const { graph } = stepGraph(crossNetwork(2));
    expect(printFoldedGraph(graph)).toBe(printGraph(graph));
  });
});

test('nothing is lost', () => {
  const line = fc
    .tuple(fc.constantFrom('a', 'b %', 'c 0.', 'd "e.', '-'), fc.nat(12), fc.constantFrom('', ' ', '" 05'))
    .map((parts) => parts.join(''));
  const lines = fc.array(line, { maxLength: 6 });
  const turns = fc.tuple(lines, fc.nat(9), fc.integer({ min: -2, max: 3 })).map(([body, count, step]) => {
    const moved = (text: string, by: number) => text.replace(/\d+/, (number) => String(Math.max(0, Number(number) + by)));
    return Array.from({ length: count }, (_, turn) => body.map((text) => moved(text, turn * step))).flat();
  });
  let folds = 0;
  fc.assert(
    fc.property(fc.array(turns, { maxLength: 4 }), (blocks) => {
      const text = blocks.flat();
      const folded = foldRepeats(text);
      if (folded.length < text.length) folds++;
      expect(unfold(folded)).toEqual(text);
    }),
    { seed: 8, numRuns: 200 },
  );
  expect(folds).toBeGreaterThan(40);
});
