import type { Diagnostic } from 'vscode-languageserver';
import { diagnosticsOf, withoutRepeated } from './diagnostics.js';
import type { Workspace } from './workspace.js';

/** Keeps what an editor shows as wrong up to date. */
export interface Publisher {
  /** Says that some text is another now. */
  readonly changed: () => void;
  readonly stop: () => void;
}

/** Of fast typing only the last text is checked where a check takes long: the pause grows with it, up to so many milliseconds. */
const longestPause = 250;
/** Milliseconds that nobody notices. */
const short = 25;

/** Tells of every open text, and of the files that they import, what is wrong with it; only what is new is sent. */
export function createPublisher(
  workspace: Workspace,
  send: (uri: string, diagnostics: readonly Diagnostic[]) => void,
): Publisher {
  const sent = new Map<string, string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let took = 0;
  const publish = (): void => {
    const started = Date.now();
    const found = new Map<string, Diagnostic[]>();
    for (const uri of workspace.opened()) {
      const analysis = workspace.analysis(uri);
      if (!analysis) continue;
      for (const [of, diagnostics] of diagnosticsOf(analysis, workspace))
        found.set(of, [...(found.get(of) ?? []), ...diagnostics]);
    }
    for (const uri of sent.keys()) if (!found.has(uri)) found.set(uri, []);
    for (const [uri, diagnostics] of found) {
      const own = withoutRepeated(diagnostics);
      const text = JSON.stringify(own);
      if (sent.get(uri) === text) continue;
      if (own.length === 0 && !workspace.opened().includes(uri)) sent.delete(uri);
      else sent.set(uri, text);
      send(uri, own);
    }
    took = Date.now() - started;
  };
  return {
    changed: () => {
      clearTimeout(timer);
      timer = setTimeout(publish, took <= short ? 0 : Math.min(2 * took, longestPause));
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
