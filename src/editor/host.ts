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

/** The specs that were found below a folder. */
export interface Specs {
  readonly paths: readonly string[];
  /** There is so much in the folder that not all of it was looked at. */
  readonly isCut: boolean;
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
  /** Differs from what it was if the file at a path has changed; undefined where there is none. */
  readonly version?: (path: string) => string | undefined;
  /** Specs in a folder and below, up to a number. */
  readonly specs?: (folder: string, most: number) => Specs;
  /** Names in a folder that is `home` or below; those of folders end with `/`. Nothing is told of what lies elsewhere. */
  readonly list?: (folder: string, home: string) => readonly string[];
  /** The columns of a spec's data; none where they cannot be read. */
  readonly columns?: (data: DataSection) => Promise<readonly Column[]>;
  /** The file in which a reader finds a file of the standard library, such as `std/cross.rec`. */
  readonly library?: (path: string) => string | undefined;
}
