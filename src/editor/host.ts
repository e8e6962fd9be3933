import type { Source } from '../language/source.js';
import type { DataSection } from '../model/model.js';
import type { Load } from '../model/source-files.js';

/** A column of the data, as completion and hovers tell of it. */
export interface Column {
  readonly name: string;
  /** In words: `text`, `integer`, `time`. */
  readonly type: string;
  /** Its most frequent values as texts, the first the most frequent. */
  readonly frequent: readonly string[];
}

/**
 * What surrounds the texts that are open. Paths have `/`, and are those of `Source.path`. A page has nothing around its text and
 * leaves all of it out.
 */
export interface Host {
  /** Reads what a spec imports, from the disk. */
  readonly load?: (spec: Source) => Load;
  /** The spec at a path; undefined where it cannot be read. */
  readonly read?: (path: string) => Source | undefined;
  /** All specs in a folder and below. */
  readonly specs?: (folder: string) => readonly string[];
  /** Names in a folder; those of folders end with `/`. */
  readonly list?: (folder: string) => readonly string[];
  /** The columns of a spec's data; none where they cannot be read. */
  readonly columns?: (data: DataSection) => Promise<readonly Column[]>;
  /** The file in which a reader finds a file of the standard library, such as `std/cross.rec`. */
  readonly library?: (path: string) => string | undefined;
}
