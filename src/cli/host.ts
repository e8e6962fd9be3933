/** What a command sees of the process: enough for a test to stand in for it. */
export interface Host {
  /** Results: what a next program may read. */
  readonly write: (text: string) => void;
  /** Progress and complaints. */
  readonly writeError: (text: string) => void;
  /** Whether progress may be drawn over itself. */
  readonly terminal: boolean;
  readonly columns: () => number;
  /** All of standard input. */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** Calls `stop` at Ctrl-C or a request to end, until the returned function is called. */
  readonly onInterrupt: (stop: () => void) => () => void;
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

/** The process itself. A reader that went away (`reccompile … | head`) is no error: what is left is not written. */
export function processHost(): Host {
  const writer = (stream: NodeJS.WriteStream): ((text: string) => void) => {
    let open = true;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      open = false;
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
    input: () => process.stdin,
    onInterrupt: (stop) => {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      for (const signal of signals) process.on(signal, stop);
      return () => {
        for (const signal of signals) process.off(signal, stop);
      };
    },
    colour: {
      out: wantsColour(process.stdout.isTTY, process.env),
      error: wantsColour(process.stderr.isTTY, process.env),
    },
    folder: process.cwd(),
    environment: process.env,
  };
}
