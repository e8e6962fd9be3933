/** One text that spans point into: a spec, an imported file, or a file of the standard library. */
export interface Source {
  /** What diagnostics print: a path with `/`, relative to where the user stands, or `std/cross.rec`. */
  readonly path: string;
  readonly text: string;
}

/** Half-open range of UTF-16 offsets in one source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** 1-based line and column (in code points, a tab counts one) of an offset. */
export interface Position {
  readonly line: number;
  readonly column: number;
}
