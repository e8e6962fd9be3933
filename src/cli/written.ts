import { complaint, type ExitStatus } from './errors.js';
import { shownPath } from './files.js';
import type { Host } from './host.js';
import { applyChanges, compareFolder, type TargetedFile } from './output-folder.js';

const mostShown = 5;

const firstFew = (files: readonly string[], shown: string): readonly string[] => [
  ...files.slice(0, mostShown).map((file) => `${shown}/${file}`),
  ...(files.length > mostShown ? [`and ${String(files.length - mostShown)} more`] : []),
];

/** Brings a folder up to date, all or nothing, and says what that was. */
export async function writeFolder(folder: string, files: readonly TargetedFile[], host: Host): Promise<void> {
  const changes = await compareFolder(folder, files);
  const shown = shownPath(folder, host.folder);
  const { edited, left, write, remove, unchanged } = changes;
  if (edited.length > 0) {
    throw complaint(`files were changed since they were written: nothing is overwritten`, {
      details: firstFew(edited, shown),
      help: 'Move them away to have them written again, or choose another folder with --out.',
    });
  }
  await applyChanges(folder, changes);
  for (const file of left) host.writeError(`warning: ${shown}/${file} is no longer written, but was changed: it stays\n`);
  if (remove.length > 0) host.writeError(`no longer written, and removed: ${firstFew(remove, shown).join(', ')}\n`);
  host.writeError(
    `${shown}: ${String(write.length)} written, ${String(unchanged)} unchanged${remove.length > 0 ? `, ${String(remove.length)} removed` : ''}\n`,
  );
}

/**
 * Says what of a folder is not up to date.
 * @param line the command that would bring it up to date
 */
export async function checkFolder(folder: string, files: readonly TargetedFile[], line: string, host: Host): Promise<ExitStatus> {
  const { write, remove, edited } = await compareFolder(folder, files);
  const shown = shownPath(folder, host.folder);
  const changed = new Set(edited);
  for (const { path } of write) host.write(`${changed.has(path) ? 'changed by hand' : 'stale'}: ${shown}/${path}\n`);
  for (const path of remove) host.write(`left over: ${shown}/${path}\n`);
  if (write.length + remove.length === 0) return 0;
  const first =
    edited.length > 0
      ? `Move away what was changed by hand (${firstFew(edited, shown).join(', ')}), or undo the change; then run`
      : 'Run';
  host.writeError(`${first} \`${line}\` to bring ${shown} up to date.\n`);
  return 1;
}
