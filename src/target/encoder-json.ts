import type { EncoderProgram, EncoderState } from '../encode/program.js';
import type { TextFile } from './files.js';

/**
 * `encoder.json`: `program`, how each feature is encoded; `statistics`, mean and deviation of each standardized component by feature;
 * `vocabularies`, by name their values in the order of their table's rows, from row 1 on.
 */
export const encoderJson = (program: EncoderProgram, { statistics, vocabularies }: EncoderState): TextFile => ({
  path: 'encoder.json',
  text: `${JSON.stringify({ program, statistics, vocabularies })}\n`,
});
