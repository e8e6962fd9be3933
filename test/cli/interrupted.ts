import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Host } from '../../src/cli/host.js';
import { ratings, spec, workplace, type Called, type Workplace } from './workplace.js';

export interface Interrupted extends Called {
  readonly write: Workplace['write'];
  readonly folder: string;
  readonly call: Workplace['call'];
}

/** What presses Ctrl-C when something is first written that matches. */
export function pressingAt(moment: RegExp, write: (text: string) => void = () => undefined): Partial<Host> {
  let press = (): void => undefined;
  let waiting = true;
  return {
    terminal: true,
    columns: () => 200,
    onInterrupt: (stop) => {
      press = stop;
      return () => undefined;
    },
    writeError: (text) => {
      write(text);
      if (!waiting || !moment.test(text)) return;
      waiting = false;
      press();
    },
  };
}

/** Trains, and presses Ctrl-C when something is first written that matches. */
export async function interruptedAt(moment: RegExp, own = spec, rows = ratings): Promise<Interrupted> {
  const { folder, call, write } = workplace({ 'ratings.rec': own, 'ratings.csv': rows });
  let error = '';
  const pressing = pressingAt(moment, (text) => (error += text));
  const { status, out } = await call(['train', 'ratings.rec', '--out', 'run', '--json'], pressing);
  return { status, out, error, folder, call, write };
}

export const status = (folder: string): unknown =>
  (JSON.parse(readFileSync(path.join(folder, 'run/run.json'), 'utf8')) as { status: unknown }).status;
