import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/reccompile.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly error: string;
}

export interface Surroundings {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Encoded rows of tests are no business of whoever runs them. */
export const testCache = path.join(tmpdir(), 'reccompile-test-cache');

/** Runs a program to its end. */
export function runProgram(file: string, line: readonly string[], around: Surroundings = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, line, {
      cwd: around.folder,
      env: { ...process.env, NO_COLOR: '1', RECCOMPILE_CACHE: testCache, ...around.environment },
      // On Windows npm and npx are scripts, which only a shell can start.
      shell: process.platform === 'win32',
    });
    const written = { out: '', error: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (written.error += text));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, ...written });
    });
    // A program may end before it has read its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(around.input ?? '');
  });
}

/** Runs the built command line. */
export const reccompile = (line: readonly string[], around?: Surroundings): Promise<Outcome> =>
  runProgram(process.execPath, [program, ...line], around);
