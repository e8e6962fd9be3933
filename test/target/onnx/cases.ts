import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { programFor } from '../../../src/encode/compile.js';
import { createRowEncoder } from '../../../src/encode/row.js';
import { interpret } from '../../../src/graph/interpreter.js';
import { forwardGraph, stepGraph } from '../../../src/graph/pipeline.js';
import { sizesOf } from '../../../src/graph/shapes.js';
import { featureInputs } from '../../../src/target/onnx/feature-inputs.js';
import { onnxFiles, type OnnxTarget } from '../../../src/target/onnx/project.js';
import { randomValues } from '../../graph/numbers.js';
import { encodedFeeds, graphValues, rawFeeds, rawRows, subjectsOf, type Feed, type Subject } from './rows.js';

/** A model, what it is given, and what it has to give. */
export interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, Feed>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

const sourceOf = (path: string) => ({ path, text: readFileSync(path, 'utf8') });

export const specFiles = readdirSync('specs').filter((file) => file.endsWith('.rec'));

export const subjectsOfSpec = (file: string): readonly Subject[] =>
  subjectsOf(sourceOf(`specs/${file}`), (path) => ({ source: sourceOf(path) }));

export function bytesOf({ model, parts }: Subject, options: OnnxTarget = {}, path = 'model.onnx'): Uint8Array {
  const file = onnxFiles(model, parts, options).find((one) => one.path === path);
  if (!file || !('bytes' in file)) throw new Error(`there is no ${path}`);
  return file.bytes;
}

/** Encoded and raw rows for their models, and what the interpreter gives for them; NaN where a row cannot be encoded. */
export function casesOf(subject: Subject, count: number): readonly Case[] {
  const { model, parts } = subject;
  const graph = forwardGraph(model);
  const needed = featureInputs(graph, model.network.sites).map(({ feature }) => feature);
  const program = programFor(subject.program, needed);
  const rows = rawRows(program, count);
  const { encoded, positions } = createRowEncoder(program, parts.encoder).encodeRows(rows);
  expect(positions.length).toBeGreaterThan(count / 10);
  const results = Object.entries(interpret(graph, graphValues(graph, subject, encoded), encoded.rows));
  const ofAll = (data: Float64Array): readonly number[] => {
    const width = data.length / encoded.rows;
    const all = new Array<number>(count * width).fill(NaN);
    positions.forEach((row, i) => {
      for (let k = 0; k < width; k++) all[row * width + k] = data[i * width + k] ?? NaN;
    });
    return all;
  };
  const [own, raw] = [bytesOf(subject), bytesOf(subject, { raw: true })];
  return [
    {
      name: `${model.name} encoded`,
      bytes: own,
      feeds: encodedFeeds(own, encoded),
      outputs: Object.fromEntries(results.map(([name, { data }]) => [name, [...data]])),
    },
    {
      name: `${model.name} raw`,
      bytes: raw,
      feeds: rawFeeds(raw, rows),
      outputs: Object.fromEntries(results.map(([name, { data }]) => [name, ofAll(data)])),
    },
  ];
}

/** The training step on random rows, with its weights as they are in the file. */
export function stepCase(subject: Subject, rows = 6): Case {
  const { model, parts } = subject;
  const { graph } = stepGraph(model);
  const stored = new Map([...parts.weights, ...parts.states]);
  const values = randomValues(graph, rows, 5);
  for (const [name, { values: own }] of stored) values[name] = Float64Array.from(own);
  for (const name of Object.keys(values)) {
    if (name === 'weight') values[name] = Float64Array.from({ length: rows }, (_, i) => i % 3);
    if (name === 'total_weight') values[name] = Float64Array.of(rows);
    if (name.startsWith('mask.')) values[name] = values[name]!.map((value) => Number(value > 0));
    if (name.startsWith('code.')) values[name] = values[name]!.map((value) => Math.floor(Math.abs(value) * 3));
    if (name.startsWith('label.')) values[name] = values[name]!.map((_, i) => i % 2);
    values[name] = values[name]!.map(Math.fround);
  }
  const feeds = graph.nodes.flatMap((node): [string, Feed][] => {
    if (!('name' in node) || stored.has(node.name)) return [];
    const type = node.kind === 'input' && node.dtype === 'int' ? 'int32' : 'float32';
    return [[node.name, { type, dims: sizesOf(node.shape, rows), data: [...values[node.name]!] }]];
  });
  const results = Object.entries(interpret(graph, values, rows));
  return {
    name: `${model.name} step`,
    bytes: bytesOf(subject, { trainStep: true }, 'train.onnx'),
    feeds: Object.fromEntries(feeds),
    outputs: Object.fromEntries(results.map(([name, { data }]) => [name, [...data]])),
  };
}

/** Features of every kind, as raw columns can have them. */
export const odd = `
model Odd {
  features {
    user: category
    named: category(default: "7") = user
    hashed: category(hash: 11) = user
    hashed_default: category(hash: 11, default: "x") = user
    kind: category(values: ["a", "b"])
    place: category(size: 5)
    place_default: category(size: 5, default: "3") = place
    age: number(buckets: [2, 18, 25.5])
    age_default: number(buckets: [2, 18], default: 20) = age
    even: category = age % 2 == 0
    rounded: category = floor(age / 10)
    is_seven: category(values: ["true", "false"]) = user == "7" or user in ["1", "2"]
    amount: number(log1p, standardize, default: 2) = price * 1.5 - 1
    ratio: number(default: 0.25) = log(price) / (age - 2)
    small: number(default: 1) = -price
    part: number(default: 0) = abs(sqrt(price) - exp(age / 30)) % 3
    seen: time(unit: millisecond, cycle: [hour, year], standardize) = at
    tags: category[](separator: ", ", max_length: 2)
    tags_default: category[](separator: ", ", default: "3") = tags
    numbers: category[](size: 4, separator: ";")
    items: category[]
    history: category[](separator: "|", max_length: 3)
    when: category[](separator: "|", size: 9, max_length: 3, parallel: history) = history_at
    vector: number[3]
    pair: category(cross: [kind, place])
    triple: category(cross: [kind, place, age], hash: 17)
    spread: category[](cross: [kind, tags], hash: 13, max_length: 1)
  }
  label y: number
  embeddings { dim: 3 }
  network {
    x = mlp(concat(features, mean[i](sequence(history)[i] + sequence(when)[i])), [8])
    y = linear(x, 1) + sum(vector)
  }
}`;
