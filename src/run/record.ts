import type { EncoderProgram, EncoderState } from '../encode/program.js';
import type { Optimizers } from '../model/model.js';

/**
 * Number of the run folder's format. A reader knows its own and the one before it: 1 had neither outputs nor optimizers in its record,
 * no running statistics beside the weights, and no places that count in `encoder.json`.
 */
export const runFormat = 2;

/** `running` is also what a run says whose process was killed. */
export type RunStatus = 'running' | 'finished' | 'interrupted' | 'failed';

/** Values of metrics by key (`auc`, `liked.auc`), and `loss` where a label has no loss of its own; null: none (AUC of one class). */
export type MetricValues = Readonly<Record<string, number | null>>;

/** What `run.json` says. */
export interface RunRecord {
  readonly format: number;
  /** Version of reccompile. */
  readonly compiler: string;
  /** Edition of the language that the spec was read in. */
  readonly edition: number;
  readonly status: RunStatus;
  /** Name of the model. */
  readonly model: string;
  /** As the engine describes itself. */
  readonly engine: string;
  readonly plan: RunPlan;
  readonly seed: number;
  readonly facts: RunFacts;
  /** What the model gives, by name: labels and vectors. Without it the labels. */
  readonly outputs?: readonly string[];
  /** By part of the model, with every hyperparameter. */
  readonly optimizers?: Optimizers;
  /** Steps and epochs done, and the epoch whose weights are kept. */
  readonly progress?: { readonly steps: number; readonly epochs: number; readonly bestEpoch?: number };
  /** By split (`valid`, `test`) and name. */
  readonly metrics?: Readonly<Record<string, MetricValues>>;
  /** Why it failed. */
  readonly error?: string;
}

/** How batches were cut: another plan may round differently. */
export interface RunPlan {
  readonly batch: number;
  readonly shards: number;
  readonly shardRows: number;
  readonly inferenceRows: number;
  /** Of rows that stay in a file. */
  readonly window?: { readonly groups: number; readonly groupRows: number };
}

/** What the data added to the spec. */
export interface RunFacts {
  /** Rows of each learned vocabulary, reserved rows included. */
  readonly vocabularies: Readonly<Record<string, number>>;
  /** Rows of each split. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Of the data section and its sources. */
  readonly digest?: string;
}

/** A line of `metrics.jsonl`: one epoch. */
export interface EpochRecord {
  readonly epoch: number;
  /** Steps since the start. */
  readonly steps: number;
  readonly seconds: number;
  /** Mean training loss of the epoch. */
  readonly loss: number | null;
  readonly valid?: MetricValues;
}

/** JSON has no other numbers than finite ones. */
export type ExactNumber = number | 'NaN' | 'Infinity' | '-Infinity';

/** What a checkpoint says besides its tensors: where training stands, and what it remembers. Seconds are of all its processes. */
export interface CheckpointProgress {
  /** Steps since the start. */
  readonly step: number;
  /** The epoch at hand, from 1; how many of its steps are done, of how many rows, and the sum of their losses. */
  readonly epoch: number;
  readonly epochSteps: number;
  readonly epochRows: number;
  readonly epochLoss: ExactNumber;
  readonly epochSeconds: number;
  readonly seconds: number;
  /** Finished epochs. */
  readonly history: readonly CheckpointEpoch[];
  /** The best of them by the monitored value, if there is one; its weights lie in `best-<epoch>`. */
  readonly best?: { readonly epoch: number; readonly value: ExactNumber };
}

export interface CheckpointEpoch {
  readonly epoch: number;
  readonly step: number;
  readonly loss: ExactNumber;
  readonly validation?: {
    readonly rows: number;
    readonly loss?: ExactNumber;
    readonly metrics: Readonly<Record<string, ExactNumber>>;
  };
  readonly isBest: boolean;
  readonly learningRateFactor?: number;
  readonly seconds: number;
  readonly rowsPerSecond: ExactNumber;
}

/** `manifest.json` of a checkpoint, the last of its files: what the others have to be. */
export interface CheckpointManifest {
  readonly format: number;
  /** By path below the checkpoint's folder. */
  readonly files: Readonly<Record<string, FileSeal>>;
}

export interface FileSeal {
  readonly bytes: number;
  readonly sha256: string;
}

/** `encoder.json`: the program, and what the training rows added, less the vocabularies, which are files of their own. */
export interface EncoderRecord {
  readonly format: number;
  readonly program: EncoderProgram;
  readonly statistics: EncoderState['statistics'];
  readonly vocabularies: readonly string[];
}

/** Places in a run folder. */
export const places = {
  record: 'run.json',
  model: 'model.rec',
  source: 'source',
  encoder: 'encoder.json',
  vocabularies: 'vocabulary',
  schema: 'schema.json',
  environment: 'environment.json',
  metrics: 'metrics.jsonl',
  weights: 'weights.safetensors',
  tables: 'tables',
  checkpoints: 'checkpoints',
  latest: 'latest',
  optimizer: 'optimizer.safetensors',
  progress: 'progress.json',
  manifest: 'manifest.json',
} as const;
