import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [attacks = '10000'] = process.argv.slice(2);
if (!/^[1-9][0-9]{0,6}$/.test(attacks)) {
  console.error(`the number of specs is a whole number, not ${attacks}\nusage: npm run escaping -- 10000`);
  process.exit(2);
}
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'proof', 'test/escaping/many.test.ts'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, RECCOMPILE_ATTACKS: attacks },
  shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
