import type { OpName } from '../graph.js';
import type { Op } from '../op.js';
import { abs } from './abs.js';
import { add } from './add.js';
import { broadcast } from './broadcast.js';
import { concat } from './concat.js';
import { constant } from './constant.js';
import { divide } from './divide.js';
import { exp } from './exp.js';
import { greater } from './greater.js';
import { input } from './input.js';
import { log } from './log.js';
import { log_softmax } from './log_softmax.js';
import { lookup } from './lookup.js';
import { matmul } from './matmul.js';
import { max } from './max.js';
import { maximum } from './maximum.js';
import { minimum } from './minimum.js';
import { multiply } from './multiply.js';
import { negate } from './negate.js';
import { noise } from './noise.js';
import { pad } from './pad.js';
import { parameter } from './parameter.js';
import { place } from './place.js';
import { relu } from './relu.js';
import { reshape } from './reshape.js';
import { scatter_rows } from './scatter_rows.js';
import { select } from './select.js';
import { sigmoid } from './sigmoid.js';
import { sign } from './sign.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { softplus } from './softplus.js';
import { sqrt } from './sqrt.js';
import { state } from './state.js';
import { subtract } from './subtract.js';
import { sum } from './sum.js';
import { take } from './take.js';
import { tanh } from './tanh.js';
import { transpose } from './transpose.js';

/** Every op that a graph is made of. */
export const ops: { readonly [K in OpName]: Op<K> } = {
  input,
  parameter,
  state,
  noise,
  constant,
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  greater,
  select,
  negate,
  exp,
  log,
  sqrt,
  abs,
  sign,
  sigmoid,
  tanh,
  relu,
  softplus,
  sum,
  max,
  softmax,
  log_softmax,
  matmul,
  transpose,
  reshape,
  broadcast,
  concat,
  slice,
  pad,
  take,
  place,
  lookup,
  scatter_rows,
};

export function opOf<K extends OpName>(kind: K): Op<K> {
  const table: { readonly [P in OpName]: Op<P> } = ops;
  return table[kind];
}
