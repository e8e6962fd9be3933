import type { Source } from '../language/source.js';
import cross from './cross.rec';
import layers from './layers.rec';

/** The standard library of blocks, in the language itself. */
export const standardLibrary: readonly Source[] = [
  { path: 'std/layers.rec', text: layers },
  { path: 'std/cross.rec', text: cross },
];
