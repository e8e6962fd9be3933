import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { programFor } from '../../../src/encode/compile.js';
import { createRowEncoder } from '../../../src/encode/row.js';
import { interpret } from '../../../src/graph/interpreter.js';
import { forwardGraph } from '../../../src/graph/pipeline.js';
import { featureInputs } from '../../../src/target/onnx/feature-inputs.js';
import { onnxFiles, type OnnxTarget } from '../../../src/target/onnx/project.js';
import { encodedFeeds, graphValues, rawFeeds, rawRows, runModel, subjectsOf, type Subject } from './rows.js';
import { ort } from './support.js';

const sourceOf = (path: string) => ({ path, text: readFileSync(path, 'utf8') });
const specs = readdirSync('specs').filter((file) => file.endsWith('.rec'));
const subjectsOfSpec = (file: string) => subjectsOf(sourceOf(`specs/${file}`), (path) => ({ source: sourceOf(path) }));

const bytesOf = ({ model, parts }: Subject, options: OnnxTarget = {}, path = 'model.onnx'): Uint8Array => {
  const file = onnxFiles(model, parts, options).find((one) => one.path === path);
  if (!file || !('bytes' in file)) throw new Error(`there is no ${path}`);
  return file.bytes;
};

const expectNear = (actual: readonly number[], wanted: readonly number[], what: string): void => {
  expect(actual.length, what).toBe(wanted.length);
  actual.forEach((value, i) => {
    const exact = wanted[i] ?? NaN;
    const near = Number.isNaN(exact) ? Number.isNaN(value) : Math.abs(value - exact) <= 1e-5 * Math.max(1, Math.abs(exact));
    expect(near, `${what}[${String(i)}]: ${String(value)}, not ${String(exact)}`).toBe(true);
  });
};

/** Encoded and raw rows through their models, against the interpreter; a row that cannot be encoded is NaN. */
async function expectAgreement(subject: Subject, options: readonly ('encoded' | 'raw')[], count = 40): Promise<void> {
  if (!ort) throw new Error('onnxruntime-node is not installed');
  const { model, parts } = subject;
  const graph = forwardGraph(model);
  const needed = featureInputs(graph, model.network.sites).map(({ feature }) => feature);
  const program = programFor(subject.program, needed);
  const rows = rawRows(program, count);
  const { encoded, positions } = createRowEncoder(program, parts.encoder).encodeRows(rows);
  expect(positions.length).toBeGreaterThan(count / 10);
  const wanted = interpret(graph, graphValues(graph, subject, encoded), encoded.rows);
  for (const option of options) {
    const bytes = bytesOf(subject, { raw: option === 'raw' });
    const feeds = option === 'raw' ? rawFeeds(bytes, rows) : encodedFeeds(bytes, encoded);
    const actual = await runModel(ort, bytes, feeds);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, { data }] of Object.entries(wanted)) {
      const width = data.length / encoded.rows;
      const all = new Array<number>(count * width).fill(NaN);
      positions.forEach((row, i) => {
        for (let k = 0; k < width; k++) all[row * width + k] = data[i * width + k] ?? NaN;
      });
      expectNear(actual[name] ?? [], option === 'raw' ? all : [...data], `${model.name} ${option} ${name}`);
    }
  }
}

describe.skipIf(!ort)('in onnxruntime', () => {
  describe('every spec agrees with the interpreter', () => {
    for (const file of specs) {
      const subjects = subjectsOfSpec(file);
      test.runIf(subjects.length > 0)(file, { timeout: 60_000 }, async () => {
        for (const subject of subjects) await expectAgreement(subject, ['encoded', 'raw']);
      });
    }
  });

  test('raw columns of every kind: expressions, lists, places, crosses, hashes, defaults', { timeout: 60_000 }, async () => {
    for (const subject of subjectsOf({ path: 'odd.rec', text: odd })) await expectAgreement(subject, ['encoded', 'raw'], 300);
  });
});

const odd = `
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
