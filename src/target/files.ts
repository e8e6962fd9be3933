/** A file that a target writes: a path below the target's folder, with `/`, and what it holds. */
export type ProjectFile = TextFile | BinaryFile;

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface BinaryFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}
