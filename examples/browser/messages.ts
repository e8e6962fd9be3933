/** What the page and the worker that trains say to each other. */

export const backendNames = ['webgpu', 'webgl', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

export const networkNames = ['Cross', 'LowRank', 'Deep'] as const;
export type NetworkName = (typeof networkNames)[number];

export interface BackendFacts {
  readonly name: BackendName;
  /** Why this browser cannot use it. */
  readonly missing?: string;
  /** The device, where the browser names it. */
  readonly device?: string;
  /** A GPU that a processor imitates: slower than wasm. */
  readonly software: boolean;
}

export interface User {
  readonly id: string;
  readonly age: number;
  readonly gender: string;
  readonly occupation: string;
  readonly zip: string;
  /** Films that the user has rated. */
  readonly ratings: number;
}

export interface Film {
  readonly id: string;
  readonly title: string;
  /** Users who have rated it. */
  readonly ratings: number;
}

export interface Stars {
  readonly film: string;
  readonly rating: number;
}

/** Somebody who is not among the users. */
export interface Person {
  readonly age: number;
  readonly gender: string;
  readonly occupation: string;
  readonly tastes: readonly Stars[];
}

export type Viewer = { readonly kind: 'user'; readonly id: string } | ({ readonly kind: 'person' } & Person);

export interface Recommendation {
  /** Predicted stars of every film that the viewer has not rated, most first. */
  readonly films: readonly Stars[];
  /** What the model says of the viewer's test ratings, which it has not learned from. */
  readonly known: readonly (Stars & { readonly predicted: number })[];
  /** Users who stand in for a person with tastes, most alike first. */
  readonly alike: readonly string[];
}

export interface Progress {
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Mean squared error of the step's batch, before its update. */
  readonly loss: number;
  /** Rows trained on so far; a row counts again in each epoch. */
  readonly rows: number;
  /** Of training so far, without pauses and tests. */
  readonly seconds: number;
}

export interface Outcome {
  readonly rmse: number;
  readonly testRows: number;
  readonly seconds: number;
  readonly steps: number;
  /** False where training was stopped before its last step. */
  readonly complete: boolean;
}

export type Request =
  | { readonly kind: 'open'; readonly files: readonly File[] }
  | { readonly kind: 'train'; readonly network: NetworkName; readonly backend: BackendName }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'recommend'; readonly viewer: Viewer };

export type Answer =
  | { readonly kind: 'backends'; readonly backends: readonly BackendFacts[] }
  | {
      readonly kind: 'opened';
      readonly users: readonly User[];
      readonly films: readonly Film[];
      readonly ratings: number;
      readonly untitled: boolean;
    }
  | { readonly kind: 'started'; readonly backend: BackendName; readonly trainRows: number; readonly testRows: number }
  | { readonly kind: 'step'; readonly progress: Progress }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly step: number; readonly rmse: number }
  | { readonly kind: 'trained'; readonly outcome: Outcome }
  | { readonly kind: 'recommended'; readonly recommendation: Recommendation }
  | { readonly kind: 'failed'; readonly request: Request['kind']; readonly message: string };
