import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import type { Host } from './host.js';
import { version } from './version.js';

/**
 * Tells of an error that no one expected. The stack goes to a file, and only with RECCOMPILE_DEBUG to the terminal.
 * @param line the command line
 */
export function reportBug(error: unknown, line: readonly string[], host: Host): void {
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
