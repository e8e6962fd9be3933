import type { Host } from '../../src/cli/host.js';

/** A host that keeps what is written to it. */
export function quietHost(changes: Partial<Host> = {}): {
  readonly host: Host;
  readonly written: { out: string; error: string };
} {
  const written = { out: '', error: '' };
  const host: Host = {
    write: (text) => (written.out += text),
    writeError: (text) => (written.error += text),
    terminal: false,
    columns: () => 80,
    unread: () => false,
    input: async function* () {},
    typed: false,
    prompt: () => Promise.reject(new Error('nobody answers')),
    onInterrupt: () => () => {},
    endAtOnce: () => {},
    colour: { out: false, error: false },
    folder: '/shop',
    environment: {},
    ...changes,
  };
  return { host, written };
}
