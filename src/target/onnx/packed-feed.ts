import type { Graph, Shape } from '../../graph/graph.js';
import { hostInputs, outputShapes } from '../../graph/leaves.js';
import { elementsOf } from '../../graph/shapes.js';
import { inputsOf, type Feed, type InputInfo } from './model.js';
import { ElementType } from './proto.js';

/**
 * Numbers that a tensor may have to be packed. onnxruntime-node takes about 2.5 µs to be handed a tensor, whatever its size; one of 10,000
 * is copied, and reshaped unless it is a vector, in about that time.
 */
const mostNumbers = 8192;

/** Where a tensor lies in the one that several are packed in. */
export interface PackedPlace {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Tensors that are one for the model. */
export interface Packed {
  readonly name: string;
  /** Without a gap, from 0 on; none where nothing is packed. */
  readonly places: readonly PackedPlace[];
}

export interface PackedFeed extends Feed {
  readonly packedInputs: Packed;
  readonly packedOutputs: Packed;
}

const inputName = '%inputs';
const outputName = '%outputs';

/** A feed for a batch of `rows` by which the model takes its small float inputs as one, and gives its small outputs as one. */
export function packedFeed(graph: Graph, rows: number): PackedFeed {
  /** Those that are packed; none where it would be one alone. */
  const smallOf = <T extends Pick<InputInfo, 'shape'>>(all: readonly T[]): readonly T[] => {
    const small = all.filter(({ shape }) => elementsOf(shape, rows) > 0 && elementsOf(shape, rows) <= mostNumbers);
    return small.length > 1 ? small : [];
  };
  const placesOf = (members: readonly Pick<InputInfo, 'name' | 'shape'>[]): readonly PackedPlace[] => {
    let to = 0;
    return members.map(({ name, shape }) => ({ name, from: to, to: (to += elementsOf(shape, rows)) }));
  };
  const lengthOf = (places: readonly PackedPlace[]): number => places.at(-1)?.to ?? 0;

  const given = inputsOf(hostInputs(graph));
  const small = smallOf(given.filter(({ type }) => type === ElementType.float));
  const inputPlaces = placesOf(small);
  const outputPlaces = placesOf(smallOf(outputShapes(graph).map(([name, shape]) => ({ name, shape }))));
  return {
    inputs: [
      ...given.filter((input) => !small.includes(input)),
      ...(small.length === 0 ? [] : [{ name: inputName, shape: [lengthOf(inputPlaces)], type: ElementType.float }]),
    ],
    packedInputs: { name: inputName, places: inputPlaces },
    packedOutputs: { name: outputName, places: outputPlaces },
    rowsOf: undefined,
    write: (emit) => {
      if (small.length === 0) return new Map();
      emit.from('pack-inputs');
      const sizes = emit.ints(inputPlaces.map(({ from, to }) => to - from));
      const flat = emit.split('Split', [inputName, sizes], small.length, { axis: { int: 0 } });
      return new Map(
        small.map(({ name, shape }, i) => {
          const part = flat[i] ?? '';
          return [name, isFlat(shape) ? part : emit.node('Reshape', [part, emit.dims(shape)])];
        }),
      );
    },
    join: (emit, all) => {
      if (outputPlaces.length === 0) return all;
      emit.from('pack-outputs');
      const isPacked = new Set(outputPlaces.map(({ name }) => name));
      const packed = all.filter(({ name }) => isPacked.has(name));
      const flat = new Map<string, string>();
      for (const { value, shape } of packed)
        if (!flat.has(value)) flat.set(value, isFlat(shape) ? value : emit.node('Reshape', [value, emit.ints([-1])]));
      const parts = packed.map(({ value }) => flat.get(value) ?? value);
      const value = emit.node('Concat', parts, { axis: { int: 0 } });
      return [...all.filter(({ name }) => !isPacked.has(name)), { name: outputName, shape: [lengthOf(outputPlaces)], value }];
    },
  };
}

const isFlat = (shape: Shape): boolean => shape.length === 1;
