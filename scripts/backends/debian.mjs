import { existsSync, readFileSync } from 'node:fs';
import { run } from './run.mjs';

/** Whether system packages may be installed here: Debian, or one that says it is like it, as root. */
export const installsPackages = () =>
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  existsSync('/usr/bin/apt-get') &&
  /^ID=debian$|^ID_LIKE=.*debian/m.test(existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '');

let updated = false;

/**
 * Installs packages of Debian and Ubuntu.
 * @param {readonly string[]} names
 * @returns {Promise<string | undefined>} why not
 */
export async function installPackages(names) {
  if (!installsPackages()) return `\`apt-get install ${names.join(' ')}\` as root`;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (!updated) await run('apt-get', ['update', '-q'], { seconds: 120, env });
  updated = true;
  const { why } = await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], { seconds: 300, env });
  return why === '' ? undefined : `apt-get install ${names.join(' ')}: ${why}`;
}
