import { binaryOp, type BinaryRule } from './elementwise.js';

/** Where the operands are equal each gets half of the gradient. */
export const maximum = binaryOp('maximum', (a, c) => Math.max(a, c), [(rule) => share(rule, 0.5), (rule) => share(rule, -0.5)]);

/** g (½ + slope · sign(a - c)): g for the operand taken, 0 for the other. */
function share({ a, c, g, b }: BinaryRule, slope: number) {
  const sign = b.unary('sign', b.binary('subtract', a, c));
  return b.binary('multiply', g, b.binary('add', b.binary('multiply', sign, b.constant(slope)), b.constant(0.5)));
}
