import { spawn } from 'node:child_process';
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

/** Runs a program to its end. */
export function runProgram(file: string, line: readonly string[], around: Surroundings = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, line, {
      cwd: around.folder,
      env: { ...process.env, NO_COLOR: '1', ...around.environment },
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
