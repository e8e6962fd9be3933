/** A file that a target writes: a path below the target's folder, with `/`, and its text. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}
