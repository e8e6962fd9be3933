import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Locks the packages of a written TypeScript project, `src/target/typescript/packages.json`, into `lock.json` beside it. Where a
 * package comes from is left to whoever installs it; its digest stays.
 */
const home = fileURLToPath(new URL('../src/target/typescript/', import.meta.url));
const manifest = JSON.parse(readFileSync(path.join(home, 'packages.json'), 'utf8'));
const folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
try {
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'project', version: '0.0.0', ...manifest }));
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const { packages } = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
  const locked = Object.entries(packages)
    .filter(([place]) => place !== '')
    .map(([place, entry]) => [place, { ...entry, resolved: undefined }]);
  writeFileSync(path.join(home, 'lock.json'), `${JSON.stringify(Object.fromEntries(locked), undefined, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
