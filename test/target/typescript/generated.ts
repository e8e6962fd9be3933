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
  readonly step: (batch: readonly TrainingRow[]) => Promise<number>;
  readonly dispose: () => void;
}
