import { terminalPrompt, type Prompt } from './prompt.js';

/** What a command sees of the process: enough for a test to stand in for it. */
export interface Host {
  /** Results: what a next program may read. */
  readonly write: (text: string) => void;
  /** Progress and complaints. */
  readonly writeError: (text: string) => void;
  /** Whether progress may be drawn over itself. */
  readonly terminal: boolean;
  readonly columns: () => number;
  /** Whether nobody reads the results any more. */
  readonly unread: () => boolean;
  /** All of standard input. */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** Whether standard input is what somebody types. */
  readonly typed: boolean;
  /** Begins to ask questions, where standard input is typed and the terminal shows them. */
  readonly prompt: () => Promise<Prompt>;
  /** Calls `stop` at every Ctrl-C or request to end, until the returned function is called. */
  readonly onInterrupt: (stop: () => void) => () => void;
  /** Ends the process as Ctrl-C does where nothing holds it. */
  readonly endAtOnce: () => void;
  readonly colour: { readonly out: boolean; readonly error: boolean };
  /** Absolute path that relative arguments start from. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** NO_COLOR and FORCE_COLOR as their conventions say; otherwise colour is for terminals. */
export function wantsColour(isTerminal: boolean, environment: Host['environment']): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return isTerminal && environment.TERM !== 'dumb';
}

/** Ctrl-C, a request to end, and a terminal that is closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The process itself. A reader that went away (`reccompile … | head`) is no error: what is left is not written. */
export function processHost(): Host {
  let unread = false;
  const writer = (stream: NodeJS.WriteStream): ((text: string) => void) => {
    let open = true;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      open = false;
      if (stream === process.stdout) unread = true;
      if (error.code === 'EPIPE' || stream === process.stderr) return;
      process.exitCode = 1;
      process.stderr.write(`error: cannot write the output: ${error.code === 'ENOSPC' ? 'the disk is full' : error.message}\n`);
    });
    return (text) => {
      if (open) stream.write(text);
    };
  };
  return {
    write: writer(process.stdout),
    writeError: writer(process.stderr),
    terminal: process.stderr.isTTY && process.env.TERM !== 'dumb',
    columns: () => process.stderr.columns || 80,
    unread: () => unread,
    input: () => process.stdin,
    typed: process.stdin.isTTY,
    prompt: terminalPrompt,
    onInterrupt: (stop) => {
      for (const signal of signals) process.on(signal, stop);
      return () => {
        for (const signal of signals) process.off(signal, stop);
      };
    },
    endAtOnce: () => {
      process.removeAllListeners('SIGINT');
      process.kill(process.pid, 'SIGINT');
    },
    colour: {
      out: wantsColour(process.stdout.isTTY, process.env),
      error: wantsColour(process.stderr.isTTY, process.env),
    },
    folder: process.cwd(),
    environment: process.env,
  };
}
