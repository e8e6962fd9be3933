/** Types that the projects declare, as far as they do not depend on the spec. */
export type Example = Readonly<Record<string, unknown>>;
export type LabelledExample = Example;

export interface EncoderState {
  readonly vocabularies: Readonly<Record<string, readonly string[]>>;
  readonly statistics: Readonly<Record<string, readonly { readonly mean: number; readonly deviation: number }[]>>;
}

export type EncodedRow = Readonly<Record<string, number | readonly number[]>>;

export interface TrainingRow {
  readonly features: EncodedRow;
  readonly labels: Readonly<Record<string, number>>;
}

export interface Encoder {
  readonly encode: (example: Example) => EncodedRow;
  readonly encodeLabelled: (example: LabelledExample) => TrainingRow;
}

export interface Model {
  readonly weights: object;
  readonly tables?: Readonly<Record<string, { readonly rows: number; readonly dim: number; readonly values: Float32Array }>>;
}

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Trainer {
  readonly step: (batch: Batch) => Promise<number>;
  readonly memory: () => Promise<readonly NamedArray[]>;
  readonly restore: (memory: readonly NamedArray[], steps: number) => void;
  readonly dispose: () => void;
}

export interface Batch {
  readonly rows: number;
}

export interface Evaluation {
  readonly rows: number;
  readonly loss?: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  readonly validation?: Evaluation;
  readonly isBest: boolean;
  readonly learningRateFactor?: number;
}

export interface Checkpoint {
  readonly position: { readonly epoch: number; readonly step: number };
  readonly weights: readonly NamedArray[];
}

export interface TrainOptions {
  readonly epochs?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly valid?: Batch;
  readonly from?: Checkpoint;
  readonly signal?: AbortSignal;
  readonly onStep?: (progress: { readonly epoch: number; readonly step: number }) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
}

export interface TrainResult {
  readonly status: 'finished' | 'stopped early' | 'interrupted';
  readonly history: readonly EpochRecord[];
  readonly bestEpoch?: number;
}
