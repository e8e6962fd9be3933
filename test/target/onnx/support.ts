import type * as Ort from 'onnxruntime-node';
import { expect } from 'vitest';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpreter.js';
import type { Tensor } from '../../../src/graph/op.js';
import { sizeOf } from '../../../src/graph/shapes.js';
import { onnxModel } from '../../../src/target/onnx/model.js';

export type GivenValues = Readonly<Record<string, readonly number[]>>;

/** Undefined where the optional package is not installed: tests that need it are then skipped, visibly. */
export const ort: typeof Ort | undefined = await import('onnxruntime-node').catch(() => undefined);

/** Runs the graph's model with onnxruntime, one thread, its optimizer on. */
export async function runOnnx(
  graph: Graph,
  values: GivenValues,
  rows: number,
  options: { readonly dynamic?: boolean; readonly threads?: number } = {},
): Promise<Record<string, Tensor>> {
  if (!ort) throw new Error('onnxruntime-node is not installed');
  const { Tensor: OrtTensor, InferenceSession } = ort;
  const model = onnxModel(graph, { rows: options.dynamic ? 'dynamic' : rows });
  const session = await InferenceSession.create(model, { intraOpNumThreads: options.threads ?? 1, logSeverityLevel: 3 });
  const feeds: Record<string, Ort.Tensor> = {};
  for (const node of graph.nodes) {
    if (!('name' in node)) continue;
    const given = values[node.name] ?? [];
    const sizes = node.shape.map((dim) => sizeOf(dim, rows));
    const known = sizes.reduce<number>((product, size) => product * (size ?? 1), 1);
    const dims = sizes.map((size) => size ?? given.length / known);
    const int = node.kind === 'input' && node.dtype === 'int';
    feeds[node.name] = int
      ? new OrtTensor('int32', Int32Array.from(given), dims)
      : new OrtTensor('float32', Float32Array.from(given), dims);
  }
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [
      name,
      { shape: [...tensor.dims], data: Float64Array.from(tensor.data as Float32Array) },
    ]),
  );
}

export function expectClose(
  actual: Readonly<Record<string, Tensor>>,
  wanted: Readonly<Record<string, Tensor>>,
  tolerance = 1e-5,
): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { shape, data }] of Object.entries(wanted)) {
    expect(actual[name]?.shape, name).toEqual(shape);
    data.forEach((value, i) => {
      const off = Math.abs((actual[name]?.data[i] ?? NaN) - value);
      expect(
        off <= tolerance * Math.max(1, Math.abs(value)),
        `${name}[${String(i)}]: ${String(actual[name]?.data[i])}, not ${String(value)}`,
      ).toBe(true);
    });
  }
}

/** The model agrees with the interpreter, for fixed and for dynamic rows. */
export async function expectAgreement(graph: Graph, values: GivenValues, rows: number, tolerance = 1e-5): Promise<void> {
  const wanted = interpret(graph, values, rows);
  for (const dynamic of [false, true]) expectClose(await runOnnx(graph, values, rows, { dynamic }), wanted, tolerance);
}

/** Numbers in [-1, 1), always the same. */
export function numbers(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return Math.fround((state / 2147483647) * 2 - 1);
  });
}
