import path from 'node:path';
import { nodeFiles } from '../data/node-files.js';
import type { Source } from '../language/source.js';
import { damaged } from '../run/errors.js';
import type { StoredCheckpoint } from '../run/read-checkpoint.js';
import { openRun, type StoredRun } from '../run/read.js';
import { runFormat } from '../run/record.js';
import { describedEngine, type EngineName } from '../train/engines/index.js';
import type { Resumption } from '../train/loop.js';
import { positionOf } from '../train/position.js';
import { complaint } from './errors.js';
import { environmentOf } from './data-paths.js';
import { shownPath } from './files.js';
import type { Host } from './host.js';
import { lockRun } from './run-lock.js';
import { shellWord } from './shell.js';
import { version } from './version.js';

/** A run that did not come to its end. */
export interface ResumedRun {
  readonly stored: StoredRun;
  readonly shown: string;
  readonly path: string;
  /** The run's own, expanded. */
  readonly source: Source;
  readonly engine: EngineName;
  /** Undefined if it was killed before the first one: it begins again. */
  readonly from: (StoredCheckpoint & Pick<Required<StoredCheckpoint>, 'progress'>) | undefined;
  /** What the user should know. */
  readonly told: readonly string[];
  /** Lets another process go on with the run. */
  readonly unlock: () => Promise<void>;
}

export interface GivenWithResume {
  readonly file: string | undefined;
  readonly model: string | undefined;
  readonly out: string | undefined;
  readonly engine: string | undefined;
  readonly settings: readonly string[];
}

const lengthens = 'train.epochs=';

/**
 * Opens a run to go on with it, and locks it.
 * @throws a complaint where that cannot give what an uninterrupted run would
 */
export async function openResumed(run: string, given: GivenWithResume, host: Host): Promise<ResumedRun> {
  refuseOptions(run, given);
  const folder = path.resolve(host.folder, run);
  // What is no run is not locked either.
  await openRun(nodeFiles, folder);
  const unlock = await lockRun(folder, run);
  try {
    return { ...(await openLocked(run, folder, given, host)), unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function openLocked(run: string, folder: string, given: GivenWithResume, host: Host): Promise<Omit<ResumedRun, 'unlock'>> {
  const stored = await openRun(nodeFiles, folder);
  const { record } = stored;
  if (record.status === 'finished') {
    throw complaint(`${run} is finished: there is nothing to go on with`, {
      help: 'To train longer, train again with more epochs: --set train.epochs=N.',
    });
  }
  if (record.compiler !== version || record.format !== runFormat) {
    throw complaint(
      `${run} was begun by reccompile ${record.compiler}, and this is ${version}: it would not go on to the same numbers`,
      {
        help: `npx reccompile@${record.compiler} train --resume ${shellWord(run)}`,
      },
    );
  }
  const engine = describedEngine(record.engine);
  if (engine === undefined || (given.engine !== undefined && given.engine !== engine)) {
    throw complaint(`${run} was begun with ${record.engine}: another engine would not go on to the same numbers`, {
      help: 'Run it without --engine.',
    });
  }
  const { from, told } = await lastCheckpoint(stored, run);
  return {
    stored,
    shown: run,
    path: folder,
    source: { path: shownPath(path.join(folder, 'model.rec'), host.folder), text: await stored.model() },
    engine,
    from,
    told: [...told, ...(await differences(stored))],
  };
}

function refuseOptions(run: string, { file, model, out, settings }: GivenWithResume): void {
  const refuse = (what: string, help: string): never => {
    throw complaint(`--resume goes on with ${run} as it was begun, ${what}`, { exitStatus: 2, help });
  };
  if (file !== undefined) refuse(`with its own spec, not with ${file}`, `reccompile train --resume ${shellWord(run)}`);
  if (model !== undefined) refuse('and it has one model', 'Run it without --model.');
  if (out !== undefined) refuse('and in its own folder', 'Run it without --out.');
  const setting = settings.find((one) => !one.startsWith(lengthens));
  if (setting !== undefined)
    refuse(`so that --set ${setting} cannot be`, 'It may train longer, with --set train.epochs=N; for other values train again.');
}

async function lastCheckpoint(
  stored: StoredRun,
  shown: string,
): Promise<{ readonly from: ResumedRun['from']; readonly told: readonly string[] }> {
  const checkpoint = await stored.checkpoint('all');
  if (checkpoint === undefined) {
    if (stored.record.status === 'interrupted')
      throw complaint(`${shown} has no checkpoint to go on from`, {
        help: 'Its weights can be used; to train longer, train again.',
      });
    return { from: undefined, told: ['it has no checkpoint yet: training begins again'] };
  }
  const { progress, passedOver } = checkpoint;
  if (progress === undefined) throw damaged(shown, `its checkpoint ${checkpoint.name} has no manifest`);
  const told = passedOver.map((what) => `warning: ${what}`);
  return { from: { ...checkpoint, progress }, told };
}

/** What a processor or Node computes otherwise may change last bits. */
async function differences({ environment }: StoredRun): Promise<readonly string[]> {
  const { node, platform } = await environmentOf({ environment });
  const here = `Node ${process.version}, ${process.platform} ${process.arch}`;
  const there = `Node ${String(node)}, ${String(platform)}`;
  if (node === undefined || there === here) return [];
  return [`warning: the run was begun with ${there}, and this is ${here}: last digits may differ`];
}

/** @throws a complaint where the data are no longer those that the run was begun with */
export function refuseOtherData(
  { stored: { record }, shown }: ResumedRun,
  digest: string,
  rows: Readonly<Record<string, number>>,
): void {
  const { facts } = record;
  if (facts.digest === undefined || facts.digest === digest) return;
  const counted = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([split, n]) => `${n.toLocaleString('en-US')} ${split}`)
      .join(', ');
  const before = counted(facts.rows ?? {});
  const now = counted(rows);
  throw complaint(`the data are not those that ${shown} was begun with: they have changed since`, {
    ...(before !== now && { details: [`rows then: ${before}`, `rows now: ${now}`] }),
    help: 'Say where the old ones are with --data, or train again with the new ones.',
  });
}

/** @throws a complaint where the run would become shorter */
export function refuseFewerEpochs({ shown }: ResumedRun, before: number, now: number): void {
  if (now >= before) return;
  throw complaint(`${shown} has ${String(before)} epochs: --set train.epochs may make it longer, not shorter`, { exitStatus: 2 });
}

/** What training goes on from. */
export const resumptionOf = ({ from }: ResumedRun): Resumption | undefined =>
  from && { position: positionOf(from.progress), state: from, ...(from.best && { best: from.best }) };
