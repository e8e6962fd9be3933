import type { EncoderState } from '../encode/program.js';

/** Numbers of a run: float32, row-major. */
export interface TrainedArray {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What training added to a model: with it a target writes a project that predicts at once, without it one that starts from nothing. */
export interface TrainedParts {
  /** Dense weights by their paths. */
  readonly weights: ReadonlyMap<string, TrainedArray>;
  /** Running statistics by their paths. */
  readonly states: ReadonlyMap<string, TrainedArray>;
  /** [rows, dim] of each table, by the table's name, without `table.`. */
  readonly tables: ReadonlyMap<string, TrainedArray>;
  /** Vocabularies, in row order after the reserved row 0, and statistics: what `encoder.json` of a project holds. */
  readonly encoder: EncoderState;
}
