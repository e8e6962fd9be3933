import { nodeFiles } from '../data/node-files.js';
import type { Facts } from '../model/model.js';
import { openRun } from '../run/read.js';

/** The sizes of a run's vocabularies. */
export async function readFacts(folder: string): Promise<Facts> {
  const { record } = await openRun(nodeFiles, folder);
  return { vocabularies: record.facts.vocabularies };
}
