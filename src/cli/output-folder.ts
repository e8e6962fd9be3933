import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { renamePatiently } from '../data/node-files.js';
import { isBelow } from '../data/paths.js';
import type { ProjectFile } from '../target/files.js';
import { complaint } from './errors.js';
import { inTheWay, placeBelow, requirePlace } from './places.js';
import { isAlive } from './processes.js';

const manifestName = 'manifest.json';

/** A file, and the targets that write it; without any that is the default one. */
export type TargetedFile = ProjectFile & { readonly targets?: readonly string[] };

/** What writing files would do to a folder. Paths are below it, with `/`. */
export interface FolderChanges {
  readonly write: readonly ProjectFile[];
  /** Written before by these targets alone, and no longer. */
  readonly remove: readonly string[];
  /** Written before and changed since by somebody else: they would be overwritten. */
  readonly edited: readonly string[];
  /** The same of files that are no longer written: they stay where they are. */
  readonly left: readonly string[];
  readonly unchanged: number;
  /** What is there of what was written, as it is. */
  readonly current: Digests;
  readonly before: Manifest;
  readonly after: Manifest;
}

/** SHA-256 by path. */
type Digests = Readonly<Record<string, string>>;

export interface Manifest {
  /** Of each file that was written. */
  readonly files: Digests;
  /** Of those that were about to be written: there if the process was killed then. */
  readonly pending?: Digests;
  /** Which targets wrote a file, where that is not the default one alone. */
  readonly targets?: Owners;
}

/** Names of targets by path. */
type Owners = Readonly<Record<string, readonly string[]>>;

const defaultOwners: readonly string[] = ['typescript'];

const ownersOf = ({ targets }: Manifest, file: string): readonly string[] =>
  targets && Object.hasOwn(targets, file) ? (targets[file] ?? defaultOwners) : defaultOwners;

const isDefault = (owners: readonly string[]): boolean => owners.join() === defaultOwners.join();

const manifestOf = (digests: ReadonlyMap<string, string>, owners: ReadonlyMap<string, readonly string[]>): Manifest => {
  const sorted = [...digests].sort(([a], [b]) => (a < b ? -1 : 1));
  const named = sorted.flatMap(([file]) => {
    const targets = owners.get(file) ?? defaultOwners;
    return isDefault(targets) ? [] : [[file, targets] as const];
  });
  return { files: Object.fromEntries(sorted), ...(named.length > 0 && { targets: Object.fromEntries(named) }) };
};

const contentOf = (file: ProjectFile): string | Uint8Array => ('bytes' in file ? file.bytes : file.text);

const bytesAtOnce = 2 ** 26;

/** Node's hash takes no more than 2 GiB at once. */
function digestOf(content: string | Uint8Array): string {
  const hash = createHash('sha256');
  if (typeof content === 'string') return hash.update(content).digest('hex');
  for (let at = 0; at < content.length; at += bytesAtOnce) hash.update(content.subarray(at, at + bytesAtOnce));
  return hash.digest('hex');
}

/** Undefined where there is no such file. */
async function digestOfFile(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(file)) hash.update(part as Buffer);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  return hash.digest('hex');
}

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const ownDigest = (digests: Digests | undefined, file: string): string | undefined =>
  digests && Object.hasOwn(digests, file) ? digests[file] : undefined;

/**
 * Compares files to a folder and to the manifest that says which of its files were written before, and as what. What other targets than
 * those of the files have written stays as it is.
 * @throws a complaint where something is in the way that is none of these: another file, a link, a folder where a file is to be; and
 *   where a file would change that another target goes by as well
 */
export async function compareFolder(folder: string, files: readonly TargetedFile[]): Promise<FolderChanges> {
  await requireFolder(folder);
  for (const { path: file } of files) await requirePlace(folder, file);
  const before = await readManifest(folder);
  const isOurs = (file: string, digest: string): boolean =>
    digest === ownDigest(before.files, file) || digest === ownDigest(before.pending, file);
  const isKnown = (file: string): boolean =>
    ownDigest(before.files, file) !== undefined || ownDigest(before.pending, file) !== undefined;
  const digests = new Map<string, string>();
  const owners = new Map<string, readonly string[]>();
  const writing = new Set(files.flatMap(({ targets = defaultOwners }) => targets));
  const othersOf = (file: string): readonly string[] => ownersOf(before, file).filter((target) => !writing.has(target));
  const current = new Map<string, string>();
  const write: ProjectFile[] = [];
  const edited: string[] = [];
  for (const file of files) {
    const wanted = digestOf(contentOf(file));
    digests.set(file.path, wanted);
    const others = isKnown(file.path) ? othersOf(file.path) : [];
    owners.set(file.path, [...(file.targets ?? defaultOwners), ...others].sort());
    const found = await digestOfFile(path.join(folder, file.path));
    const isOwn = found !== undefined && (found === wanted || isOurs(file.path, found));
    if (isOwn) current.set(file.path, found);
    if (found === wanted) continue;
    write.push(file);
    if (found === undefined || isOwn) continue;
    if (!isKnown(file.path)) throw inTheWay(path.join(folder, file.path), 'no build wrote it');
    edited.push(file.path);
  }
  const shared = write.find(({ path: file }) => current.has(file) && (owners.get(file) ?? []).some((one) => !writing.has(one)));
  if (shared)
    throw complaint(
      `${path.join(folder, shared.path)} would change, and target ${othersOf(shared.path).join(', ')} goes by it too`,
      {
        help: 'Write these targets together, or choose another folder with --out.',
      },
    );
  const [remove, left]: [string[], string[]] = [[], []];
  const written = new Set(digests.keys());
  for (const file of new Set([...Object.keys(before.files), ...Object.keys(before.pending ?? {})])) {
    if (written.has(file)) continue;
    const place = await placeBelow(folder, file);
    const found = place.state === 'file' ? await digestOfFile(path.join(folder, file)) : undefined;
    const others = othersOf(file);
    const known = ownDigest(before.files, file) ?? ownDigest(before.pending, file);
    if (others.length > 0 && found !== undefined && known !== undefined) {
      const kept = isOurs(file, found) ? found : known;
      current.set(file, kept);
      digests.set(file, kept);
      owners.set(file, others);
    } else if (found !== undefined && isOurs(file, found)) {
      current.set(file, found);
      remove.push(file);
    } else if (found !== undefined || (place.state === 'blocked' && place.kind !== 'file')) left.push(file);
  }
  return {
    write,
    remove,
    edited,
    left,
    unchanged: files.length - write.length,
    current: Object.fromEntries(current),
    before,
    after: manifestOf(digests, owners),
  };
}

/**
 * Writes all new files in a folder of their own first; only when every one is on the disk do they take their places. A process that is
 * killed meanwhile leaves each file as it was or as it should be, and the next one knows them all.
 * @throws a complaint where something has come in the way since the comparison: nothing is written then
 */
export async function applyChanges(folder: string, { write, remove, current, before, after }: FolderChanges): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeLeftStages(folder);
  if (write.length + remove.length === 0 && manifestText(before) === manifestText(after)) return;
  const stage = path.join(folder, `${stagePrefix}${String(process.pid)}`);
  const moves = write.map((file, i) => ({ file, from: path.join(stage, String(i)), to: path.join(folder, file.path) }));
  const replaceManifest = async (manifest: Manifest): Promise<void> => {
    const from = path.join(stage, manifestName);
    await writeFile(from, manifestText(manifest), { flush: true });
    await renamePatiently(from, path.join(folder, manifestName));
  };
  await mkdir(stage);
  try {
    for (let i = 0; i < moves.length; i += filesAtOnce)
      await Promise.all(
        moves.slice(i, i + filesAtOnce).map(({ file, from }) => writeFile(from, contentOf(file), { flush: true })),
      );
    for (const { file } of moves) await requirePlace(folder, file.path);
    await replaceManifest({ files: current, pending: after.files, targets: { ...before.targets, ...after.targets } });
    for (const { from, to } of moves) {
      await mkdir(path.dirname(to), { recursive: true });
      await renamePatiently(from, to);
    }
    for (const file of remove) {
      if ((await placeBelow(folder, file)).state !== 'file') continue;
      await rm(path.join(folder, file), { force: true });
      await removeEmpty(folder, path.dirname(path.join(folder, file)));
    }
    await replaceManifest(after);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, undefined, 2)}\n`;

/** Disks bring several to rest in the time of one. */
const filesAtOnce = 32;

const stagePrefix = '.building-';

/** Of processes that were killed. */
async function removeLeftStages(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = name.startsWith(stagePrefix) ? Number(name.slice(stagePrefix.length)) : NaN;
    if (Number.isSafeInteger(pid) && pid > 0 && (pid === process.pid || !isAlive(pid)))
      await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

async function removeEmpty(root: string, folder: string): Promise<void> {
  if (!isBelow(root, folder)) return;
  if ((await readdir(folder).catch(() => ['?'])).length > 0) return;
  await rmdir(folder);
  await removeEmpty(root, path.dirname(folder));
}

/** The folder itself may be a link: whoever names it as the place to write means what it leads to. */
async function requireFolder(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) throw inTheWay(folder, 'it is not a folder');
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  await requirePlace(folder, manifestName);
  const file = path.join(folder, manifestName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return { files: {} };
    throw error;
  }
  const manifest = parseManifest(text);
  if (manifest) return manifest;
  throw complaint(`${file} is no manifest of a build`, { help: 'Move it away, or choose another folder with --out.' });
}

function parseManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('files' in value)) return undefined;
    const files = digestsIn(value.files);
    const pending = 'pending' in value ? digestsIn(value.pending) : undefined;
    const targets = 'targets' in value ? ownersIn(value.targets) : undefined;
    return files && { files, ...(pending && { pending }), ...(targets && { targets }) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Only plain paths below the folder count: a manifest may come from a stranger. */
function digestsIn(value: unknown): Digests | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = Object.entries(value).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' &&
      !path.isAbsolute(entry[0]) &&
      !['\0', '\\'].some((mark) => entry[0].includes(mark)) &&
      !entry[0].split('/').some((part) => ['', '.', '..'].includes(part)),
  );
  return Object.fromEntries(own);
}

function ownersIn(value: unknown): Owners | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = (entry: [string, unknown]): entry is [string, string[]] =>
    Array.isArray(entry[1]) && entry[1].length > 0 && entry[1].every((one) => typeof one === 'string');
  return Object.fromEntries(Object.entries(value).filter(isList));
}
