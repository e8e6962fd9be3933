import type { Shape } from '../../graph/graph.js';
import type { Emitter } from './emitter.js';

/** ONNX infers one size (-1): with it a dynamic batch axis costs no nodes, unless it stands twice or a size is 0. */
export function reshapeDims(shape: Shape, emit: Emitter): string {
  const inferable = emit.rows === 'dynamic' && shape.filter((dim) => typeof dim !== 'number').length === 1 && !shape.includes(0);
  return inferable ? emit.ints(shape.map((dim) => (typeof dim === 'number' ? dim : -1))) : emit.dims(shape);
}
