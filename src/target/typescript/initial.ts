import type { Initializer } from '../../model/model.js';
import { ts, type Code } from '../code/code.js';
import { truncatedDeviation } from '../../graph/random.js';
import type { RandomName } from './runtime/random.js';

export interface Start {
  /** The name that the numbers are drawn by. */
  readonly path: string;
  /** Number of elements. */
  readonly size: Code | number;
  /** The last axis, and the one before it. */
  readonly fanIn: Code | number;
  readonly fanOut: Code | number;
}

/** First values as an expression of `seed`; `use` notes which distributions the program needs. */
export function initialValues(initializer: Initializer, start: Start, use: (name: RandomName) => Code): Code {
  const { path, size, fanIn, fanOut } = start;
  const draw = (name: RandomName, a: Code | number, b: Code | number): Code =>
    ts`${use(name)}(seed, ${path}, ${size}, ${a}, ${b})`;
  switch (initializer.kind) {
    case 'constant':
      return ts`${use('constant')}(${size}, ${initializer.value})`;
    case 'uniform':
      return draw('uniform', initializer.low, initializer.high);
    case 'normal':
      return draw('normal', initializer.mean, initializer.deviation);
    case 'truncated_normal':
      return draw('truncatedNormal', initializer.mean, initializer.deviation);
    case 'glorot_uniform': {
      const limit = ts`Math.sqrt(6 / (${fanIn} + ${fanOut}))`;
      return draw('uniform', ts`-${limit}`, limit);
    }
    case 'glorot_normal':
      return draw('normal', 0, ts`Math.sqrt(2 / (${fanIn} + ${fanOut}))`);
    case 'he_uniform': {
      const limit = ts`Math.sqrt(6 / ${fanIn})`;
      return draw('uniform', ts`-${limit}`, limit);
    }
    case 'he_normal':
      return draw('truncatedNormal', 0, ts`Math.sqrt(2 / ${fanIn}) / ${truncatedDeviation}`);
    default:
      return initializer satisfies never;
  }
}
