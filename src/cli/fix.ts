import { position, spanText } from '../language/source.js';
import { mend } from '../model/mend.js';
import { importer, readSpec } from './files.js';
import type { Host } from './host.js';
import { replaceFile } from './replace-file.js';

/**
 * Makes the certain fixes of a spec, writes it if there are any, and says on standard error what was done.
 * @throws a complaint where it cannot be read or written
 */
export async function fixFile(file: string, settings: readonly string[], host: Host): Promise<void> {
  const source = readSpec(file, host, { keepsMark: true });
  const { text, fixed } = mend(source, { settings, load: importer(source, host) });
  if (text === source.text) return;
  await replaceFile(file, text, host);
  for (const { code, span, fix } of fixed) {
    if (!fix) continue;
    const before = spanText(fix.span).trim();
    const what = fix.text === '' ? `\`${before}\` is left out` : `\`${before}\` is now \`${fix.text}\``;
    host.writeError(`fixed ${source.path}:${String(position(span.source, span.start).line)}: ${code}: ${what}\n`);
  }
}
