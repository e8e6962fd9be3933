import { doc, none, ts, type Code } from '../code/code.js';
import type { Plan } from './plan.js';

/** What scales gradients, if the spec clips their norm. */
export function clipCode(plan: Plan): readonly Code[] {
  const clip = plan.model.train.clipNorm;
  if (!clip) return [];
  const squares = ts`
export async function squares(tensors: readonly tf.Tensor[]): Promise<number> {
  const sum = tf.tidy(() => tf.addN(tensors.map((tensor) => tensor.square().sum())));
  const [value] = await sum.data();
  sum.dispose();
  return value;
}
`;
  const rows = ts`
export const rowSquares = ({ gradients }: RowGradients): number => gradients.reduce((sum, g) => sum + g * g, 0);

export function scaleRows({ gradients }: RowGradients, scale: number): void {
  for (let i = 0; i < gradients.length; i++) gradients[i] *= scale;
}
`;
  const hasWeights = plan.weights.some(({ frozen }) => !frozen);
  return [
    ts`${doc('What a gradient is multiplied by so that its norm is at most the limit.')}export const clipScale = (squares: number): number => Math.min(1, ${clip.norm} / Math.sqrt(squares));
${hasWeights ? squares : none}${plan.tables.length > 0 ? rows : none}`,
  ];
}
