import type { Graph } from './graph.js';
import type { Initializer } from '../model/model.js';

/**
 * One training step's gradient region, after `cut-tables`: what an engine runs for each shard.
 * Inputs:  `dense.<feature>` [rows, width] · `rows.<site>` [rows, k] (gathered and pooled by the host)
 *          `label.<name>` [rows] (class labels as int) · `weight` [rows] · `total_weight` [] (of the whole batch)
 *          every parameter by its name · `noise.<path>`
 * Outputs: `loss` [] (this shard's share: Σ weight·loss / total_weight, label weights included, L2 not)
 *          `gradient.<parameter>` for each dense parameter · `gradient.rows.<site>` [rows, k] for each site
 *          `logit.<label>` [rows] or [rows, classes]
 */
export interface StepGraph {
  readonly graph: Graph;
  readonly parameters: readonly DenseParameter[];
  readonly sites: readonly Site[];
}

/** The inference graph after `cut-tables`: the same inputs less labels, weights and noise; outputs `logit.<label>` and `prediction.<label>`. */
export interface InferenceGraph {
  readonly graph: Graph;
  readonly parameters: readonly DenseParameter[];
  readonly sites: readonly Site[];
}

export interface DenseParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Already resolved: its own l2, or the train section's, 0 for biases. */
  readonly l2: number;
}

/** One place where a table is looked up; its name is the feature's. */
export interface Site {
  readonly name: string;
  readonly table: string;
  readonly dim: number;
  /** Absent: one id a row. */
  readonly pool?: 'mean' | 'sum';
}
