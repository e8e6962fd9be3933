/** Questions at the terminal. */
export interface Prompt {
  /** What is typed, without blanks around it; undefined after Ctrl-C, or at the end of the input. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly close: () => void;
}

/** Asks on standard error, so that results can go elsewhere. */
export async function terminalPrompt(): Promise<Prompt> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  lines.on('SIGINT', () => {
    ended.abort();
  });
  lines.on('close', () => {
    ended.abort();
  });
  return {
    ask: async (question) => {
      if (ended.signal.aborted) return undefined;
      const typed = lines.question(question, { signal: ended.signal });
      return typed.then(
        (text) => text.trim(),
        (error: unknown) => {
          if (ended.signal.aborted) return undefined;
          throw error;
        },
      );
    },
    close: () => {
      lines.close();
    },
  };
}
