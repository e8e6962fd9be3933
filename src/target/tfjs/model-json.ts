import type { io } from '@tensorflow/tfjs';
import type { ProjectFile } from '../files.js';
import type { GraphModel } from './graph-model.js';
import { weightShards } from './weight-shards.js';

/** What a file says of where it comes from. */
export interface Provenance {
  /** Name and version of the compiler. */
  readonly compiler?: string;
  /** SHA-256 of the spec, in hexadecimal digits. */
  readonly specDigest?: string;
}

/**
 * `model.json` and its files of weights, as tf.loadGraphModel reads them. `predict` of the model gives its outputs by their names.
 * The names are texts of the spec, which stand in JSON and nowhere else.
 */
export function graphModelFiles(
  { nodes, constants, signature }: GraphModel,
  name: string,
  { compiler, specDigest }: Provenance = {},
): readonly ProjectFile[] {
  const { manifest, files } = weightShards(constants);
  const json = {
    format: 'graph-model',
    generatedBy: compiler ?? 'reccompile',
    convertedBy: null,
    signature,
    userDefinedMetadata: {
      structuredOutputKeys: Object.keys(signature.outputs),
      model: name,
      ...(compiler !== undefined && { compiler }),
      ...(specDigest !== undefined && { specDigest }),
    },
    modelTopology: { versions: { producer: graphDefVersion, minConsumer: 0 }, library: {}, node: nodes },
    weightsManifest: manifest,
  } satisfies io.ModelJSON;
  return [{ path: 'model.json', text: `${printJson(json, 3)}\n` }, ...files];
}

/** TF_GRAPH_DEF_VERSION of TensorFlow 2.11, the first that has all ops as they are used here, and more. */
const graphDefVersion = 1286;

/**
 * JSON with the entries of the outer `depth` objects and lists on lines of their own: a node a line. `<` and what ends a line in JavaScript are
 * escaped, so that the text may stand in a page's script.
 */
function printJson(value: unknown, depth: number, indent = ''): string {
  const plain = (one: unknown): string =>
    JSON.stringify(one).replace(/[\u2028\u2029<]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (depth === 0 || typeof value !== 'object' || value === null || Object.keys(value).length === 0) return plain(value);
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const lines = Object.entries(value).map(
    ([key, one]) => `${inner}${Array.isArray(value) ? '' : `${plain(key)}: `}${printJson(one, depth - 1, inner)}`,
  );
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
