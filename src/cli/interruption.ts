import type { Host } from './host.js';

/** Where npx passes on what the terminal has sent to all, one Ctrl-C arrives twice. */
const echoMilliseconds = 1000;

export interface Interruption {
  /** Aborted at the first Ctrl-C: what is worth keeping is then written. */
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/** Catches Ctrl-C; a second one, a second or more after the first, ends the process at once. */
export function interruptible(host: Host, announce: () => void, now: () => number = () => performance.now()): Interruption {
  const controller = new AbortController();
  let first = 0;
  const release = host.onInterrupt(() => {
    if (controller.signal.aborted) {
      if (now() - first >= echoMilliseconds) host.endAtOnce();
      return;
    }
    first = now();
    announce();
    controller.abort();
  });
  return { signal: controller.signal, release };
}
