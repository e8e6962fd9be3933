import type { Graph, Shape } from '../../graph/graph.js';
import { sizesOf } from '../../graph/shapes.js';
import { elementType, isModelInput, type Feed, type InputInfo } from './model.js';
import { ElementType } from './proto.js';

/**
 * Numbers that a tensor may have to be gathered. onnxruntime-node takes about 2.5 µs to hand over a tensor, whatever its size, and a core
 * copies some 30 kB in that time.
 */
const mostNumbers = 4096;

/** Where a tensor lies in the one that several are gathered in. */
export interface Place {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Tensors that are one for the model. */
export interface Gathered {
  readonly name: string;
  /** Without a gap, from 0 on; none where nothing is gathered. */
  readonly places: readonly Place[];
}

export interface GatheredFeed extends Feed {
  readonly gatheredInputs: Gathered;
  readonly gatheredOutputs: Gathered;
}

const inputName = '%inputs';
const outputName = '%outputs';

/** A feed for a batch of `rows` by which the model takes its small float inputs as one, and gives its small outputs as one. */
export function gatheredFeed(graph: Graph, rows: number): GatheredFeed {
  const sizeOf = (shape: Shape): number => sizesOf(shape, rows).reduce((product, size) => product * size, 1);
  /** Those that are gathered; none where it would be one alone. */
  const smallOf = <T extends Pick<InputInfo, 'shape'>>(all: readonly T[]): readonly T[] => {
    const small = all.filter(({ shape }) => sizeOf(shape) > 0 && sizeOf(shape) <= mostNumbers);
    return small.length > 1 ? small : [];
  };
  const placesOf = (members: readonly Pick<InputInfo, 'name' | 'shape'>[]): readonly Place[] => {
    let to = 0;
    return members.map(({ name, shape }) => ({ name, from: to, to: (to += sizeOf(shape)) }));
  };
  const lengthOf = (places: readonly Place[]): number => places.at(-1)?.to ?? 0;

  const given = graph.nodes
    .filter(isModelInput)
    .map((leaf): InputInfo => ({ name: leaf.name, shape: leaf.shape, type: elementType(leaf) }));
  const small = smallOf(given.filter(({ type }) => type === ElementType.float));
  const inputPlaces = placesOf(small);
  const results = Object.entries(graph.outputs).map(([name, id]) => ({ name, shape: graph.nodes[id]?.shape ?? [] }));
  const outputPlaces = placesOf(smallOf(results));
  return {
    inputs: [
      ...given.filter((input) => !small.includes(input)),
      ...(small.length === 0 ? [] : [{ name: inputName, shape: [lengthOf(inputPlaces)], type: ElementType.float }]),
    ],
    gatheredInputs: { name: inputName, places: inputPlaces },
    gatheredOutputs: { name: outputName, places: outputPlaces },
    rowsOf: undefined,
    write: (emit) => {
      if (small.length === 0) return new Map();
      emit.from('gather-inputs');
      const sizes = emit.ints(inputPlaces.map(({ from, to }) => to - from));
      const flat = emit.split(
        'Split',
        [inputName, sizes],
        small.map(({ name, shape }) => (isFlat(shape) ? name : flatName(name))),
        {
          axis: { int: 0 },
        },
      );
      small.forEach(({ name, shape }, i) => {
        if (!isFlat(shape)) emit.split('Reshape', [flat[i] ?? '', emit.dims(shape)], [name]);
      });
      return new Map();
    },
    join: (emit, all) => {
      if (outputPlaces.length === 0) return all;
      emit.from('gather-outputs');
      const isJoined = new Set(outputPlaces.map(({ name }) => name));
      const joined = all.filter(({ name }) => isJoined.has(name));
      const flat = new Map<string, string>();
      for (const { value, shape } of joined)
        if (!flat.has(value)) flat.set(value, isFlat(shape) ? value : emit.node('Reshape', [value, emit.ints([-1])]));
      const whole = emit.node(
        'Concat',
        joined.map(({ value }) => flat.get(value) ?? value),
        { axis: { int: 0 } },
      );
      return [
        ...all.filter(({ name }) => !isJoined.has(name)),
        { name: outputName, shape: [lengthOf(outputPlaces)], value: whole },
      ];
    },
  };
}

const isFlat = (shape: Shape): boolean => shape.length === 1;
const flatName = (name: string): string => `%${name}`;
