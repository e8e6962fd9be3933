import fc from 'fast-check';

/** Each step takes some tensors made before, and gives one a name. */
export type Steps = readonly (readonly [operation: number, first: number, second: number, option: number])[];

export const steps: fc.Arbitrary<Steps> = fc.array(fc.tuple(fc.nat(9999), fc.nat(999), fc.nat(999), fc.nat(999)), {
  minLength: 3,
  maxLength: 10,
});

/** `h`: the places of the history; `b`: the rows of the batch. */
type Axis = number | 'h' | 'b';

interface Made {
  readonly text: string;
  readonly dims: readonly Axis[];
  /** Whether it differs by row. */
  readonly rows: boolean;
  /** Before the label: weights, functions. */
  readonly isLoss?: boolean;
}

const features = `
    x: number[4], age: number, seen: time(unit: second, cycle: [day])
    user: category(size: 5), movie: category(size: 7), genres: category[](size: 4, pool: sum)
    history: category[](size: 7, max_length: 3)
    when: category[](size: 3, max_length: 3, parallel: history)`;

const leaves: readonly Made[] = [
  { text: 'x', dims: [4], rows: true },
  { text: 'sum(age)', dims: [], rows: true },
  { text: 'seen', dims: [2], rows: true },
  { text: 'user', dims: [3], rows: true },
  { text: 'genres', dims: [3], rows: true },
  { text: 'fields(user, movie, genres)', dims: [3, 3], rows: true },
  { text: 'unflatten(x, 2)', dims: [2, 2], rows: true },
  { text: 'sequence(history)', dims: ['h', 3], rows: true },
  { text: 'sequence(when)', dims: ['h', 3], rows: true },
  { text: 'weight[3]', dims: [3], rows: false },
  { text: 'weight[2, 3]', dims: [2, 3], rows: false },
  { text: 'weight[3, 3, 2]', dims: [3, 3, 2], rows: false },
  { text: 'embed(genres, 2)', dims: [2], rows: true },
  { text: 'embed(age, 3, init: 0.5)', dims: [3], rows: true },
  { text: 'embed(x, 3)', dims: [3], rows: true },
  { text: '0.5', dims: [], rows: false },
];

const lossLeaves: readonly Made[] = [
  { text: 'target(y)', dims: [], rows: true, isLoss: true },
  { text: 'log_frequency(movie)', dims: [], rows: true, isLoss: true },
  { text: 'batch(user)', dims: ['b', 3], rows: false, isLoss: true },
  { text: 'batch(code(movie))', dims: ['b'], rows: false, isLoss: true },
];

/** A spec whose network does what the numbers say. Most of them have no errors. */
export function specOf(numbers: Steps): string {
  const lines: string[] = [];
  const pool: Made[] = [...leaves];
  const half = Math.ceil(numbers.length * 0.7);
  const run = (some: Steps) => {
    for (const [operation, first, second, option] of some) {
      const recent = (choice: number) => (choice % 3 === 0 ? choice >> 2 : (choice >> 2) % 4);
      const at = (choice: number) => pool[pool.length - 1 - (recent(choice) % pool.length)] ?? leaves[0]!;
      const name = `v${String(lines.length)}`;
      const made = firstOf(operation, { x: at(first), y: at(second), option, name, pool });
      if (!made) continue;
      lines.push(made.statement ?? `${name} = ${made.text}`);
      pool.push({ ...made, text: made.statement === undefined ? name : made.text });
    }
  };
  run(numbers.slice(0, half));
  const outputs = pool.slice(leaves.length).filter(({ dims, rows, text }) => rows && !isRagged(dims) && /^v\d+$/.test(text));
  lines.push(`y = ${total(pool)}`);
  const [, lossChoice = 0] = numbers[0] ?? [];
  if (lossChoice % 2 === 0) {
    pool.push(...lossLeaves);
    run(numbers.slice(half));
    lines.push(`y.loss = ${total(pool)}`);
  }
  const listed = outputs.slice(-2).map(({ text }) => text);
  return `model M {
  features {${features}
  }
  label y: number
  embeddings { dim: 3 }
  network {
    ${lines.join('\n    ')}
  }
  ${listed.length > 0 ? `outputs: [y, ${listed.join(', ')}]` : ''}
}`;
}

/** The first operation, from this one on, that fits the tensors. */
function firstOf(operation: number, given: Given): Result {
  for (let i = 0; i < operations.length; i++) {
    const made = operations[(operation + 7 * i) % operations.length]?.(given);
    if (made) return made;
  }
  return undefined;
}

const isRagged = (dims: readonly Axis[]) => typeof dims[0] === 'string';

const total = (pool: readonly Made[]) => ['sum(tanh(x))', ...pool.slice(-2).map(({ text }) => `sum(tanh(${text}))`)].join(' + ');

interface Given {
  readonly x: Made;
  readonly y: Made;
  readonly option: number;
  readonly name: string;
  readonly pool: readonly Made[];
}

type Result = (Made & { readonly statement?: string }) | undefined;
type Operation = (given: Given) => Result;

const one = <T>(list: readonly T[], option: number): T => list[option % list.length]!;
const same = (a: Made, b: Made) => a.dims.join() === b.dims.join();
const fixed = ({ dims }: Made): readonly number[] | undefined =>
  dims.every((dim) => typeof dim === 'number') ? dims.filter((dim) => typeof dim === 'number') : undefined;
const rank = (x: Made, n: number) => x.dims.length === n;

/** A shape-preserving function of one. */
const functions = [
  ...['tanh($)', 'sigmoid($)', 'relu($)', 'softplus($)', '-$', 'abs($)', 'exp(tanh($))', 'sqrt(abs($) + 0.1)'],
  ...['log(abs($) + 0.5)', 'dropout($, 0.3)', '$ * 2', 'ones($)', 'identity($)', 'where($ > sum(age), $, 0.1 * $)', '2 - $ / 3'],
];
const apply = (name: string, text: string) => name.replaceAll('$', () => text);
/** `ones` takes a shape, which is the same for every row, and none that is not. */
const mapped = (x: Made, text: string, option: number): Made | undefined => {
  const name = one(functions, option);
  if (name !== 'ones($)') return { ...x, text: apply(name, text) };
  return isRagged(x.dims) ? undefined : { ...x, text: apply(name, text), rows: false };
};

const unary: Operation = ({ x, option }) => mapped(x, x.text, option);

const binary: Operation = ({ x, y, option }) => {
  if (!same(x, y) && x.dims.length > 0 && y.dims.length > 0) return undefined;
  const forms = ['a + b', 'a - b', 'a * b', 'a / (b * b + 1)', 'max(a, b)', 'min(a, b)', 'where(a < b, a, b)'];
  const others = ['a * b + a', '(if len([1, 2]) == 2 then a else 0) * b', 'sum([a, b, a * b])', 'where(a == b, 1, b) * a'];
  const text = one([...forms, ...others], option).replace(/\b[ab]\b/g, (side) => (side === 'a' ? x.text : y.text));
  return { text: `(${text})`, dims: x.dims.length > 0 ? x.dims : y.dims, rows: x.rows || y.rows };
};

const reduceAll: Operation = ({ x, option }) =>
  x.dims.length === 0
    ? undefined
    : {
        text: `${one(['sum', 'mean', 'max', 'min', ...(rank(x, 1) ? ['log_sum_exp'] : [])], option)}(${x.text})`,
        dims: [],
        rows: x.rows || isRagged(x.dims),
      };

const reduceIndex: Operation = ({ x, y, option }) => {
  if (x.dims.length === 0) return undefined;
  const tail = { ...x, dims: x.dims.slice(1) };
  const inner =
    option % 3 === 0 && same(tail, y)
      ? { text: `${x.text}[i] * ${y.text}`, rows: x.rows || y.rows }
      : mapped(tail, `${x.text}[i]`, option >> 2);
  const name = one(['sum', 'mean', 'max', 'min', 'log_sum_exp'], option);
  return inner && { text: `${name}[i](${inner.text})`, dims: tail.dims, rows: inner.rows };
};

const liftTwo: Operation = ({ x, y, option, name }) => {
  if (!rank(x, 2) || !rank(y, 2) || typeof y.dims[0] !== 'number' || x.dims[1] !== y.dims[1]) return undefined;
  const inner = one(['dot(A[i], B[j])', 'sum(tanh(A[i] + B[j]))', 'softmax[j](dot(A[i], B[j]))', 'max(A[i] * B[j])'], option)
    .replace('A', x.text)
    .replace('B', y.text);
  return { text: name, statement: `${name}[i, j] = ${inner}`, dims: [x.dims[0]!, y.dims[0]], rows: x.rows || y.rows };
};

const stacked: Operation = ({ x, y, option }) => {
  if (!rank(x, 2) || typeof x.dims[1] !== 'number') return undefined;
  const forms: [text: string, dims: Axis[]][] = [
    [`stack[i](linear(${x.text}[i], 2))`, [2]],
    [`stack[i](tanh(${x.text}[i]))`, [x.dims[1]]],
    [`stack[i](sum(${x.text}[i]) * ${y.text})`, [...y.dims]],
    [`stack[i](softmax(${x.text}[i]))`, [x.dims[1]]],
    [`stack[i](max(${x.text}[i]))`, []],
  ];
  const [text, dims] = one(forms, option);
  return dims.some((dim) => typeof dim !== 'number') ? undefined : { text, dims: [x.dims[0]!, ...dims], rows: x.rows || y.rows };
};

const attend: Operation = ({ x, y, option }) => {
  if (!rank(x, 2) || !rank(y, 1) || x.dims[1] !== y.dims[0]) return undefined;
  const share = one(['softmax[t](dot(S[t], q))', 'tanh(dot(S[t], q))', 'linear(concat(S[t], q), 1)[0]'], option);
  const text = `sum[t](${share} * S[t])`.replace(/\b[Sq]\b/g, (side) => (side === 'S' ? x.text : y.text));
  return { text, dims: x.dims.slice(1), rows: true };
};

const attendFixed: Operation = (given) => (typeof given.y.dims[0] === 'number' ? attend(given) : undefined);

const matmul: Operation = ({ x, y }) => {
  if (!rank(x, 2) || !fixed(x) || !fixed(y) || y.dims.length === 0 || y.dims.length > 2) return undefined;
  const flipped = x.dims[1] !== y.dims[0];
  if (flipped && x.dims[0] !== y.dims[0]) return undefined;
  const text = `(${x.text}${flipped ? '.T' : ''} @ ${y.text})`;
  return { text, dims: [x.dims[flipped ? 1 : 0]!, ...y.dims.slice(1)], rows: x.rows || y.rows };
};

const joined: Operation = ({ x, y, option }) => {
  const [p, q] = [fixed(x), fixed(y)];
  if (!p || !q || p.length === 0 || p.slice(1).join() !== q.slice(1).join() || q.length !== p.length) return undefined;
  const rows = x.rows || y.rows;
  if (option % 3 === 0 && same(x, y) && p.length < 3)
    return { text: `stack([tanh(z) for z in [${x.text}, ${y.text}]])`, dims: [2, ...p], rows };
  return { text: `concat(${x.text}, ${y.text})`, dims: [p[0]! + q[0]!, ...p.slice(1)], rows };
};

const parts: Operation = ({ x, option }) => {
  const dims = fixed(x);
  const [lead] = dims ?? [];
  if (!dims || lead === undefined) return undefined;
  const size = dims.reduce((a, b) => a * b, 1);
  const forms: [text: string, dims: number[]][] = [
    [`${x.text}[${String(option % lead)}]`, dims.slice(1)],
    [`${x.text}[..${String(1 + (option % lead))}]`, [1 + (option % lead), ...dims.slice(1)]],
    [`flatten(${x.text})`, [size]],
    ...(size % 2 === 0 ? [[`unflatten(flatten(${x.text}), 2)`, [2, size / 2]] as [string, number[]]] : []),
    ...(dims.length === 2 ? [[`${x.text}.T`, dims.toReversed()] as [string, number[]]] : []),
  ];
  const [text, shape] = one(forms, option >> 3);
  return { text, dims: shape, rows: x.rows };
};

const ofVector: Operation = ({ x, option }) => {
  const [d] = fixed(x) ?? [];
  if (d === undefined || !rank(x, 1) || !x.rows) return undefined;
  const forms: [text: string, dims: Axis[]][] = [
    ['linear($, 2)', [2]],
    ['mlp($, [3, 2], dropout: 0.2, norm: batch_norm)', [2]],
    ['mlp($, [3], activation: dice)', [3]],
    ['layer_norm($)', [d]],
    ['batch_norm($, affine: false)', [d]],
    ['normalize($)', [d]],
    ['cross($, depth: 2)', [d]],
    ['cross($, depth: 2, layer: cross_mix(_, _, rank: 2, experts: 2))', [d]],
    ['cross($, depth: 1, layer: gated_cross)', [d]],
    ['select($, x, [2])', [d]],
    ['softmax($)', [d]],
    ['log_sum_exp($)', []],
    ['mmoe($, tasks: 1, experts: 2, expert: mlp(_, [2]))[0]', [2]],
    ['bilinear_fusion($, x)', []],
  ];
  const [text, dims] = one(forms, option);
  return { text: apply(text, x.text), dims, rows: true };
};

const ofFields: Operation = ({ x, option, name }) => {
  const dims = fixed(x);
  if (!dims || !rank(x, 2) || !x.rows || dims[0]! < 2) return undefined;
  const [n, k] = [dims[0]!, dims[1]!];
  const m = (n * (n - 1)) / 2;
  const forms: [text: string, dims: Axis[]][] = [
    ['dots($)', [m]],
    ['dots($, self: true)', [m + n]],
    ['outer_products($)', [m]],
    ['outer_products($, kernel: vector_kernel)', [m]],
    ['outer_products($, kernel: number_kernel)', [m]],
    ['fm($)', []],
    ['bi_interaction($)', [k]],
    ['cin($, [2, 3])', [5]],
    ['autoint_layer($, 2, 2)', [n, 4]],
    ['cross_fields($, 2)', [2, k]],
    ['dhen($, [dot_fields(_, 2), linear_fields(_, 2)], layers: 1)', [4, k]],
    ['regulate($)', [n * k]],
    ['mask_net($, [3])', [3]],
  ];
  if (option % 7 === 0)
    return {
      text: `${name}p`,
      statement: `${name}p, ${name} = pairs(${x.text})`,
      dims: [m, k],
      rows: true,
    };
  const [text, shape] = one(forms, option);
  return { text: apply(text, x.text), dims: shape, rows: true };
};

const ofHistory: Operation = ({ x, option }) => {
  if (x.dims[0] !== 'h') return undefined;
  const forms: [test: boolean, text: string, dims: Axis[]][] = [
    [x.dims[1] === 3, 'din(movie, $, [3])', [3]],
    [x.dims[1] === 3, 'din(movie, $, [3], normalized: true, activation: relu)', [3]],
    [rank(x, 1), 'softmax($)', ['h']],
    [rank(x, 2), 'sum[t](batch_norm($[t]) * $[t])', x.dims.slice(1)],
    [rank(x, 1), 'sum[t](softmax($)[t] * sequence(history)[t])', [3]],
    [rank(x, 2), 'sum[s, t](tanh($[s]) * sequence(when)[t][0])', x.dims.slice(1)],
  ];
  const [test, text, dims] = one(forms, option);
  return test ? { text: apply(text, x.text), dims, rows: true } : undefined;
};

const ofBatch: Operation = ({ x, y, option, pool }) => {
  if (!pool.some(({ isLoss }) => isLoss)) return undefined;
  if (option % 3 === 0 && rank(x, 1) && same(x, y) && fixed(x) && x.rows && y.rows)
    return { text: `in_batch_softmax(${x.text}, ${y.text}, movie, temperature: 0.5)`, dims: [], rows: true };
  if (option % 3 === 1 && fixed(x) && x.rows && x.dims.length < 3)
    return { text: `batch(${x.text})`, dims: ['b', ...x.dims], rows: false };
  return x.dims[0] === 'b' && x.dims.length === 1
    ? { text: `mean[r](where(${x.text}[r] == code(movie), 0, softplus(${x.text}[r])))`, dims: [], rows: true }
    : undefined;
};

const operations: readonly Operation[] = [
  ...[unary, binary, binary, reduceAll, reduceIndex, reduceIndex, liftTwo, stacked, attendFixed, matmul, joined, parts],
  ...[ofVector, ofVector, ofVector, ofFields, ofFields, ofFields, ofHistory, ofHistory, ofBatch],
];
