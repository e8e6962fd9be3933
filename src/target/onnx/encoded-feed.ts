import type { Graph } from '../../graph/graph.js';
import type { Site } from '../../model/network.js';
import { featureInputs, writeFeatures, type FeatureInput } from './feature-inputs.js';
import type { Feed, InputInfo } from './model.js';
import { ElementType } from './proto.js';

/**
 * Inputs of encoded rows: `dense.<feature>` float32 [rows, width]; `ids.<feature>` int32 [rows], or of a multivalent feature the ids of all
 * rows, with `offsets.<feature>` int32 [rows + 1]: row r has those from offsets[r] to offsets[r + 1].
 */
export function encodedFeed(graph: Graph, sites: readonly Site[]): Feed {
  const needed = featureInputs(graph, sites);
  const inputs = new Map<string, InputInfo>();
  for (const input of needed) for (const info of inputsFor(input)) inputs.set(info.name, info);
  const offsets = [...inputs.keys()].find((name) => name.startsWith('offsets.'));
  const rows = [...inputs.values()].find(({ shape }) => shape[0] === 'rows')?.name;
  return {
    inputs: [...inputs.values()],
    rowsOf:
      rows !== undefined
        ? { value: rows, axis: 0, less: 0 }
        : offsets === undefined
          ? undefined
          : { value: offsets, axis: 0, less: 1 },
    write: (emit) =>
      writeFeatures(
        needed,
        {
          ids: (feature) => ({
            ids: `ids.${feature}`,
            ...(inputs.has(`offsets.${feature}`) && { offsets: `offsets.${feature}` }),
          }),
          dense: (feature) => `dense.${feature}`,
        },
        emit,
      ),
  };
}

function inputsFor({ node, form, feature }: FeatureInput): readonly InputInfo[] {
  const ids = (shape: InputInfo['shape']): InputInfo => ({ name: `ids.${feature}`, shape, type: ElementType.int32 });
  switch (form) {
    case 'dense':
      return [{ name: node.name, shape: node.shape, type: ElementType.float }];
    case 'id':
    case 'code':
      return [ids(['rows'])];
    case 'bag':
    case 'offsets':
    case 'sequence':
    case 'mask':
      return [ids([`ids(${feature})`]), { name: `offsets.${feature}`, shape: ['rows+1'], type: ElementType.int32 }];
    default:
      return form satisfies never;
  }
}
