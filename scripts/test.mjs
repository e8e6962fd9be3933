import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const report = 'build/test-results.json';

/** Scripts of package.json, each one check; the first makes what the tests run. */
const checks = ['build', 'format:check', 'lint', 'typecheck', 'generated:check', 'grammar:check'];

const counts = { passed: 0, failed: 0, skipped: 0 };

/** Runs a script of package.json; all others run even if it fails, so that one run tells everything. */
const runScript = (name, ...extra) => {
  const start = performance.now();
  console.log(`\n> ${name}`);
  // On Windows npm is a script, which only a shell can start.
  const { status } = spawnSync('npm', ['run', '--silent', name, '--', ...extra], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const outcome = status === 0 ? 'passed' : 'failed';
  console.log(`${name}: ${outcome} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return outcome;
};

console.log('\n> backends');
spawnSync(process.execPath, ['scripts/backends.mjs'], { cwd: root, stdio: 'inherit' });

for (const name of checks) counts[runScript(name)] += 1;

rmSync(path.join(root, report), { force: true });
const tests = runScript('test:all', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
/** Tests on real backends are in a group by the backend's name. */
const backendsIn = ({ testResults }) => {
  const found = new Map();
  for (const { name, assertionResults } of testResults) {
    if (!/[\\/]test[\\/]backends[\\/]agreement/.test(name)) continue;
    for (const { ancestorTitles, status } of assertionResults) {
      const [backend = ''] = ancestorTitles;
      found.set(backend, found.get(backend) === true || status === 'passed' || status === 'failed');
    }
  }
  return found;
};

const backends = new Map();
try {
  const results = JSON.parse(readFileSync(path.join(root, report), 'utf8'));
  counts.passed += results.numPassedTests;
  counts.failed += results.numFailedTests;
  counts.skipped += results.numPendingTests + results.numTodoTests;
  for (const [name, ran] of backendsIn(results)) backends.set(name, ran);
} catch {
  console.log('the tests left no report');
}
// A file that cannot be loaded fails without a test of its own.
if (tests === 'failed') counts.failed = Math.max(counts.failed, 1);

const named = (ran) => [...backends].flatMap(([name, did]) => (did === ran ? [name] : [])).join(', ') || 'none';
if (backends.size > 0) console.log(`\nbackends: ${named(true)}; skipped: ${named(false)}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
