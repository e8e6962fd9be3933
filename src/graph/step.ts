import type { Initializer } from '../model/model.js';
import type { Site, State } from '../model/network.js';
import type { Graph } from './graph.js';
import type { RowsPlace } from './passes/join-rows.js';

/**
 * One training step's gradient region, after `cut-tables`: what an engine runs for each shard.
 * Inputs:  `dense.<feature>` [rows, width] · `rows.<site>` [rows, k] (gathered and pooled by the host), [rows, length, k] of a sequence
 *          `mask.<feature>` [rows, length] (1 where a row has that place of its sequence, else 0)
 *          `code.<feature>` [rows] (the row's id, as float) · `frequency.<feature>` [rows] (log of its share of the training rows)
 *          `label.<name>` [rows] (class labels as int) · `weight` [rows] (0 for padding) · `total_weight` [] (of the whole batch)
 *          every parameter and state by its name · `noise.<path>`
 * Outputs: `loss` [] (this shard's share: Σ weight·loss / total_weight, label weights included, L2 not)
 *          `gradient.<parameter>` for each trained parameter · `gradient.rows.<site>` in the shape of `rows.<site>`
 *          `state.<state>`, its next value, of those that a label depends on · `logit.<label>` [rows] or [rows, classes]
 */
export interface StepGraph {
  readonly graph: Graph;
  readonly parameters: readonly DenseParameter[];
  readonly states: readonly State[];
  readonly sites: readonly PlacedSite[];
  /** Whether each row is computed from itself alone: a batch may then be cut into shards. */
  readonly isRowLocal: boolean;
}

/**
 * The inference graph after `cut-tables`: the same inputs less labels, weights and noise; outputs `logit.<label>` and
 * `prediction.<label>` of labels, `output.<name>` of other names of the network.
 */
export interface InferenceGraph {
  readonly graph: Graph;
  readonly parameters: readonly DenseParameter[];
  readonly states: readonly State[];
  readonly sites: readonly PlacedSite[];
}

/** A site, and of one whose rows share an input with others', where they stand in it: that input and its gradient bear the input's name. */
export interface PlacedSite extends Site {
  readonly place?: RowsPlace;
}

export interface DenseParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** Already resolved: its own l2, or the train section's, 0 for biases and frozen weights. */
  readonly l2: number;
  /** Keeps its first values: the step gives no gradient for it. */
  readonly frozen: boolean;
}
