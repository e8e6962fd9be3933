import type { ProjectFile } from '../target/files.js';
import { complaint, type ExitStatus } from './errors.js';
import { shownPath } from './files.js';
import type { Host } from './host.js';
import { applyChanges, compareFolder } from './output-folder.js';

const mostShown = 5;

/** Brings a folder up to date, all or nothing, and says what that was. */
export async function writeFolder(folder: string, files: readonly ProjectFile[], host: Host): Promise<void> {
  const changes = await compareFolder(folder, files);
  const shown = shownPath(folder, host.folder);
  const { edited, left, write, remove, unchanged } = changes;
  if (edited.length > 0) {
    const more = edited.length > mostShown ? [`and ${String(edited.length - mostShown)} more`] : [];
    throw complaint(`files were changed since they were written: nothing is overwritten`, {
      details: [...edited.slice(0, mostShown).map((file) => `${shown}/${file}`), ...more],
      help: 'Move them away to have them written again, or choose another folder with --out.',
    });
  }
  await applyChanges(folder, changes);
  for (const file of left) host.writeError(`warning: ${shown}/${file} is no longer written, but was changed: it stays\n`);
  host.writeError(
    `${shown}: ${String(write.length)} written, ${String(unchanged)} unchanged${remove.length > 0 ? `, ${String(remove.length)} removed` : ''}\n`,
  );
}

/**
 * Says what of a folder is not up to date.
 * @param line the command that would bring it up to date
 */
export async function checkFolder(folder: string, files: readonly ProjectFile[], line: string, host: Host): Promise<ExitStatus> {
  const { write, remove, edited } = await compareFolder(folder, files);
  const shown = shownPath(folder, host.folder);
  const changed = new Set(edited);
  for (const { path } of write) host.write(`${changed.has(path) ? 'changed by hand' : 'stale'}: ${shown}/${path}\n`);
  for (const path of remove) host.write(`left over: ${shown}/${path}\n`);
  if (write.length + remove.length === 0) return 0;
  host.writeError(`Run \`${line}\` to bring ${shown} up to date.\n`);
  return 1;
}
