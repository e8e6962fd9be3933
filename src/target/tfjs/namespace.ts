import type * as tfjs from '@tensorflow/tfjs';

/** The types of TensorFlow.js; the values are the caller's, who chooses its backend and loads it once. */
export type TfjsNamespace = typeof tfjs;
export type Tensor = tfjs.Tensor;
export type Variable = tfjs.Variable;
