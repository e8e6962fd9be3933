import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { createColors } from 'picocolors';
import { isComplaint, missingPackage, refusal, type Complaint, type ExitStatus } from './errors.js';
import type { Host } from './host.js';
import { version } from './version.js';

/**
 * Prints the error that ended a command, and says with which status to leave.
 * @param line the command line
 */
export function answer(error: unknown, line: readonly string[], host: Host): ExitStatus {
  if (isComplaint(error)) {
    complain(error, host);
    return error.exitStatus ?? 1;
  }
  const refused = refusal(error);
  const outside = refused === undefined ? missingPackage(error) : { message: refused };
  if (outside !== undefined) {
    complain(outside, host);
    return 1;
  }
  reportBug(error, line, host);
  return 70;
}

/** What is wrong in a line, then the details and what to do about it. */
export function complain({ message, details = [], help }: Pick<Complaint, 'message' | 'details' | 'help'>, host: Host): void {
  const { red } = createColors(host.colour.error);
  const more = [...details, ...(help === undefined ? [] : [sentence(help)])];
  const text = `${message}\n${more.map((line) => `  ${line}\n`).join('')}`;
  host.writeError(`${red('error')}: ${withShortPaths(text, host.folder)}`);
}

/** Begins with a capital, unless it begins with a command to type. */
const sentence = (text: string): string =>
  /^(?:npm|npx|reccompile) /.test(text) ? text : text.replace(/^[a-z]/, (first) => first.toUpperCase());

/** Paths below the current folder without it, as the user would type them. */
export function withShortPaths(text: string, folder: string): string {
  if (path.dirname(folder) === folder) return text;
  const prefix = `${folder}${path.sep}`.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return text.replaceAll(new RegExp(String.raw`(?<![\w.\\/-])${prefix}`, 'g'), '');
}

/** The stack goes to a file, and only with RECCOMPILE_DEBUG to the terminal. */
function reportBug(error: unknown, line: readonly string[], host: Host): void {
  const summary = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
  const details = [
    `reccompile ${version}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `command line: reccompile ${line.join(' ')}`,
    inspect(error),
  ].join('\n');
  host.writeError(`error: this is a bug in reccompile: ${summary.split('\n', 1)[0] ?? ''}\n`);
  const file = host.environment.RECCOMPILE_DEBUG ? undefined : save(details);
  if (file === undefined) host.writeError(`${details}\n`);
  else host.writeError(`  Please report it with the spec and with ${file}, which has the details.\n`);
}

/** @returns the path of the file, or nothing where none can be written */
function save(details: string): string | undefined {
  const file = path.join(tmpdir(), `reccompile-bug-${String(process.pid)}.txt`);
  try {
    writeFileSync(file, `${details}\n`);
    return file;
  } catch {
    return undefined;
  }
}
