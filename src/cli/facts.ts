import path from 'node:path';
import { nodeFiles } from '../data/node-files.js';
import type { Facts } from '../model/model.js';
import { openRun } from '../run/read.js';
import type { Host } from './host.js';

/** The sizes of a run's vocabularies. */
export async function readFacts(folder: string, host: Pick<Host, 'folder'>): Promise<Facts> {
  const { record } = await openRun(nodeFiles, path.resolve(host.folder, folder));
  return { vocabularies: record.facts.vocabularies };
}
