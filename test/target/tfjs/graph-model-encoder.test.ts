import * as tf from '@tensorflow/tfjs';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';
import { encoderProgram } from '../../../src/encode/compile.js';
import type { EncoderState } from '../../../src/encode/program.js';
import { createRowEncoder, type RawRow } from '../../../src/encode/row.js';
import { labelNames, type CheckedModel } from '../../../src/model/model.js';
import { inferenceGraph } from '../../../src/graph/pipeline.js';
import { eraseTypes } from '../../../src/target/tfjs/erase-types.js';
import { tfjsFiles } from '../../../src/target/tfjs/project.js';
import { createReferenceEngine } from '../../../src/train/engines/reference.js';
import { openModel } from '../../../src/train/inference.js';
import { badFilmRows, filmRows } from '../typescript/films.js';
import { attack, hostileModel } from '../typescript/hostile.js';
import { shopRows } from '../typescript/shop.js';
import { modelOf, specText } from '../typescript/support.js';
import { fromMemory, predictWith, textOf, trainedLike, writeFiles, type InputValue } from './graph-model-support.js';

interface Module {
  readonly parseEncoderState?: (text: string) => EncoderState;
  readonly createEncoder: (state?: EncoderState) => {
    readonly encode: (row: RawRow) => unknown;
    readonly encodeRows: (rows: readonly RawRow[]) => readonly unknown[];
  };
  readonly inputsOf: (
    rows: readonly unknown[],
    tensor: (values: Float32Array | Int32Array, shape: readonly number[], dtype: 'float32' | 'int32') => InputValue,
  ) => Readonly<Record<string, InputValue>>;
}

const asValue = (values: Float32Array | Int32Array, shape: readonly number[], dtype: 'float32' | 'int32'): InputValue => ({
  values: [...values],
  shape,
  dtype,
});

/** Rows that have every column, if only as null. */
const whole =
  (rowsOf: (count: number) => readonly RawRow[]) =>
  (count: number): readonly RawRow[] =>
    rowsOf(count).map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? null])));

const films = (): CheckedModel => modelOf(specText('test/target/typescript/films.rec'), 'Films');
const shop = (name: string): CheckedModel => modelOf(specText('test/target/typescript/shop.rec'), name);
const cases: readonly (readonly [name: string, model: CheckedModel, rows: readonly RawRow[]])[] = [
  ['films', films(), whole(filmRows)(60)],
  ...['History', 'Tasks', 'Parts', 'Lengths', 'Beside'].map((name) => [name, shop(name), whole(shopRows)(60)] as const),
];

/** The vocabularies have some of the rows' values. */
const stateOf = (model: CheckedModel): EncoderState => {
  const { encoder } = trainedLike(model);
  const values = ['u1', 'u2', '0', '1', '2', 'a', 'good'];
  const vocabularies = Object.keys(encoder.vocabularies).map((name) => [name, values.slice(1)] as const);
  return { ...encoder, vocabularies: Object.fromEntries(vocabularies) };
};

async function load(model: CheckedModel): Promise<{
  readonly module: Module;
  readonly encode: (row: RawRow) => unknown;
  readonly encodeRows: (rows: readonly RawRow[]) => readonly unknown[];
  readonly files: Awaited<ReturnType<typeof tfjsFiles>>;
}> {
  const files = await tfjsFiles(model, { ...trainedLike(model), encoder: stateOf(model) });
  const { folder, remove } = writeFiles(files);
  try {
    const module = (await import(/* @vite-ignore */ pathToFileURL(path.join(folder, 'encoder.mjs')).href)) as Module;
    const text = files.some((file) => file.path === 'encoder.json') ? textOf(files, 'encoder.json') : '';
    return { module, files, ...module.createEncoder(module.parseEncoderState?.(text)) };
  } finally {
    remove();
  }
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('the encoder beside a graph model', () => {
  test('names a column that a row lacks, and what is like it', async () => {
    const { encode } = await load(films());
    const [row = {}] = whole(filmRows)(1);
    const { genres, ...others } = row;
    expect(() => encode({ ...others, genre: genres })).toThrow(
      'the row has no column genres, needed by feature genres: did you mean genre?',
    );
    expect(() => encode({ ...others, genres: undefined })).toThrow(': write genres: null if it is unknown');
    expect(() => encode({ ...row, more: 1 })).not.toThrow();
  });

  test('takes a column that one row lacks for missing, and refuses one that all lack', async () => {
    const { encode, encodeRows } = await load(films());
    const [first = {}, second = {}] = whole(filmRows)(2);
    const { genres: _, ...without } = second;
    expect(encodeRows([first, without])).toEqual([encode(first), encode({ ...without, genres: null })]);
    expect(() => encodeRows([without, without])).toThrow(
      'no row has a column genres, needed by feature genres: write genres: null if it is unknown',
    );
    expect(encodeRows([])).toEqual([]);
  });

  test('names the row that cannot be encoded', async () => {
    const { encode, encodeRows } = await load(films());
    const [first = {}, second = {}] = whole(filmRows)(2);
    const wrong = { ...second, title: 'x' };
    expect(() => encodeRows([first, wrong])).toThrow(/^row 2: title: /);
    expect(() => encode(wrong)).toThrow(/^title: /);
    for (const none of [null, undefined, 1, 'x']) {
      expect(() => encodeRows([first, none as unknown as RawRow])).toThrow(/^row 2 is no object$/);
      expect(() => encode(none as unknown as RawRow)).toThrow(/^the row is no object$/);
    }
  });

  test.each(cases)('%s: the model gives for encoded rows what predict gives', async (_, model, rows) => {
    const { module, encodeRows, files } = await load(model);
    const { weights, states, tables } = trainedLike(model);
    const inputs = module.inputsOf(encodeRows(rows), asValue);
    const loaded = await tf.loadGraphModel(fromMemory(files));
    const found = await predictWith(tf, loaded, inputs);

    const { encoded, problems } = createRowEncoder(encoderProgram(model), stateOf(model)).encodeRows(rows);
    expect(problems).toEqual([]);
    const named = (arrays: typeof weights, prefix = '') =>
      [...arrays].map(([name, { shape, values }]) => ({ name: prefix + name, shape, values }));
    const inference = await openModel({
      model,
      graph: inferenceGraph(model, labelNames(model)),
      weights: { dense: named(weights), states: named(states), tables: named(tables, 'table.') },
      engine: createReferenceEngine(),
    });
    const { logits } = await inference.predictRows(encoded);
    await inference.close();
    for (const [label, wanted] of Object.entries(logits)) {
      const given = found[`logit.${label}`]?.data ?? [];
      expect(given.length).toBe(wanted.length);
      wanted.forEach((value, i) => expect(Math.abs((given[i] ?? NaN) - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value))));
    }
    loaded.dispose();
  });

  test.each(badFilmRows.filter(([name]) => films().features.some((feature) => feature.name === name)))(
    'names %s as what cannot be encoded in %j',
    async (name, change) => {
      const { encode } = await load(films());
      expect(() => encode({ ...whole(filmRows)(1)[0], ...change })).toThrow(name);
    },
  );

  test('is typed so that a page in strict TypeScript uses it with TensorFlow.js', async () => {
    const { files } = await load(films());
    const { folder, remove } = writeFiles(files);
    try {
      const tfjs = fileURLToPath(new URL('../../../node_modules/@tensorflow/tfjs', import.meta.url));
      const page = (row: string): string => `import * as tf from ${JSON.stringify(tfjs)};
import { createEncoder, inputsOf, parseEncoderState } from './encoder.mjs';
export async function predict(json: string): Promise<tf.Tensor> {
  const model = await tf.loadGraphModel('model.json');
  const { encode } = createEncoder(parseEncoderState(json));
  const inputs = inputsOf([encode(${row})], tf.tensor);
  const outputs = model.predict({ ...inputs }) as tf.NamedTensorMap;
  return outputs['prediction.liked']!;
}`;
      const { stars: _, ...row } = whole(filmRows)(1)[0] ?? {};
      const check = (text: string): readonly string[] => {
        const file = path.join(folder, 'page.ts');
        writeFileSync(file, text);
        const program = ts.createProgram([file], {
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          exactOptionalPropertyTypes: true,
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ESNext,
          moduleResolution: ts.ModuleResolutionKind.Bundler,
          types: [],
        });
        return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
      };
      expect(check(page(JSON.stringify(row)))).toEqual([]);
      expect(check(page('{ device: [1] }')).join()).toMatch(/not assignable/);
    } finally {
      remove();
    }
  });

  test.each(['module', 'commonjs'])('is a module in a Node project of type %s', async (type) => {
    const { files } = await load(films());
    const { folder, remove } = writeFiles(files);
    try {
      writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type }));
      writeFileSync(
        path.join(folder, 'main.js'),
        "import('./encoder.mjs').then((encoder) => console.log(typeof encoder.inputsOf));",
      );
      expect(execFileSync(process.execPath, [path.join(folder, 'main.js')], { encoding: 'utf8' })).toBe('function\n');
    } finally {
      remove();
    }
  });

  test('keeps hostile texts apart from code', async () => {
    const model = hostileModel(films());
    const { files, module } = await load(model);
    expect(Object.keys(module).sort()).toEqual(['createEncoder', 'inputsOf', 'parseEncoderState']);
    expect('pwned' in globalThis).toBe(false);
    expect(textOf(files, 'encoder.mjs')).not.toContain(attack);
    const shape = (text: string): readonly string[] => {
      const kinds: string[] = [];
      const visit = (node: ts.Node): void => {
        kinds.push(ts.SyntaxKind[node.kind]);
        ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest));
      return kinds;
    };
    const harmless = await load(films());
    for (const name of ['encoder.mjs', 'encoder.d.mts']) {
      const wanted = shape(textOf(harmless.files, name)).filter(
        (kind) => !/Identifier|StringLiteral|PropertyAccess|ElementAccess/.test(kind),
      );
      const found = shape(textOf(files, name)).filter(
        (kind) => !/Identifier|StringLiteral|PropertyAccess|ElementAccess/.test(kind),
      );
      expect(found.length).toBeGreaterThan(wanted.length / 2);
      expect(found.filter((kind) => !wanted.includes(kind))).toEqual([]);
    }
  });
});

describe('eraseTypes', () => {
  test('leaves what runs, and declares what is exported', async () => {
    const { javaScript, declarations } = await eraseTypes(`/** A row. */
export interface Row<T> {
  readonly a: T;
}
/** First. */
export function first<T>(rows: readonly Row<T>[], at?: number): T {
  const found = new Map<string, T>() as ReadonlyMap<string, T>;
  return rows[at ?? 0]!.a;
}
type Hidden = string;
const hidden = (x: Hidden): x is 'a' => x === 'a';`);
    expect(javaScript.replace(/\s+/g, ' ').trim()).toBe(
      "/** First. */ export function first(rows, at) { const found = new Map(); return rows[at ?? 0].a; } const hidden = (x) => x === 'a';",
    );
    expect(declarations).toContain('/** First. */\nexport declare function first<T>(rows: readonly Row<T>[], at?: number): T;');
    expect(declarations).toContain('/** A row. */\nexport interface Row<T>');
    expect(declarations).not.toContain('idden');
  });

  test('throws for what leaves code behind', async () => {
    await expect(eraseTypes('export enum A { B }')).rejects.toThrow('TSEnumDeclaration');
  });
});
