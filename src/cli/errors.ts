/** 0: all is well. 1: the spec or the data have errors. 2: the command line is wrong. 70: a bug in reccompile. 130: interrupted. */
export type ExitStatus = 0 | 1 | 2 | 70 | 130;

/** An error whose message is for the person at the command line: it is printed without a stack. */
export interface Complaint extends Error {
  readonly exitStatus?: 1 | 2;
  /** More lines: single rows, for example. */
  readonly details?: readonly string[];
  /** What to do about it, in one line. */
  readonly help?: string;
}

/** Errors of the rooms below whose message says what the user can do. */
const roomErrors: readonly string[] = ['DataError', 'EngineError', 'RunError', 'TargetError', 'TrainError'];

/** @param details the status is 1 unless it says otherwise */
export function complaint(message: string, details: Pick<Complaint, 'details' | 'exitStatus' | 'help'> = {}): Complaint {
  return Object.assign(new Error(message), { name: 'Complaint' }, details);
}

export const isComplaint = (error: unknown): error is Complaint =>
  error instanceof Error && (error.name === 'Complaint' || roomErrors.includes(error.name));

/** What the operating system refused, for a person: the bare code means little to most. */
const refusals: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EFBIG: 'the file would be too large for this disk',
  EIO: 'the disk reports an error',
  EISDIR: 'it is a folder',
  ELOOP: 'its links go round in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTEMPTY: 'the folder is not empty',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
};

/** What was asked of the operating system, by the name of its call. */
const verbs: Readonly<Record<string, string>> = {
  fdatasync: 'write',
  fsync: 'write',
  lstat: 'read',
  mkdir: 'make',
  open: 'open',
  read: 'read',
  rename: 'write',
  rmdir: 'remove',
  scandir: 'read',
  stat: 'read',
  unlink: 'remove',
  write: 'write',
};

/**
 * `cannot write runs/7: the disk is full`, or nothing when the error does not come from the operating system.
 * @param verb what was tried; without it, what the error says
 */
export function refusal(error: unknown, verb?: string, path?: string): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const reason = refusals[error.code];
  if (reason === undefined) return undefined;
  const call = 'syscall' in error && typeof error.syscall === 'string' ? error.syscall : '';
  const what = path ?? ('path' in error && typeof error.path === 'string' ? error.path : 'a file');
  return `cannot ${verb ?? verbs[call] ?? 'use'} ${what}: ${reason}`;
}

/** A package that is not installed, or whose native part is not there for this machine; nothing for another error. */
export function missingPackage(error: unknown): Pick<Complaint, 'message' | 'help'> | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND' && error.code !== 'ERR_DLOPEN_FAILED')
    return undefined;
  const [, name] = /^Cannot find (?:package|module) '(@?[a-z][^'\\:]*)'/.exec(error.message) ?? [];
  if (name === undefined && error.code !== 'ERR_DLOPEN_FAILED') return undefined;
  const what =
    name === undefined ? `a package does not start: ${error.message.split('\n', 1)[0] ?? ''}` : `the package ${name} is missing`;
  return {
    message: what,
    help: `Install reccompile again; it may be that a package is not made for ${process.platform} ${process.arch}.`,
  };
}
