import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { environment, folder as backends, root, tfjsNode } from '../../scripts/backends/places.mjs';
import { findMovieLens } from '../../scripts/movielens.mjs';
import { reccompile, runProgram } from '../integration/command.js';

/** As the doc comment of the model says; splits differ by this much. */
const published = { rmse: 0.9334, spread: 0.006 };

/** Links the packages of one folder into another that lacks them. */
function linkMissing(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    if (name.startsWith('@')) linkMissing(source, target);
    else if (!existsSync(target)) symlinkSync(source, target, 'junction');
  }
}

/** `npm ci`, then tfjs-node as it is in build/backends; where npm reaches no registry, packages of this repository. */
async function install(project: string): Promise<void> {
  const { status, error } = await runProgram('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { folder: project });
  const installed = path.join(project, 'node_modules');
  if (status !== 0) {
    expect(error).toMatch(/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/);
    linkMissing(path.join(root, 'node_modules'), installed);
  }
  linkMissing(path.join(backends, 'node_modules'), installed);
}

test('the project of MovieLens 100K, alone on tfjs-node, reaches the published RMSE', async ({ skip }) => {
  const data = findMovieLens('ml-100k');
  if (data === undefined) return skip('MovieLens 100K is not here: set RECCOMPILE_DATA');
  if (!existsSync(tfjsNode)) return skip('build/backends has no tfjs-node');
  const folder = mkdtempSync(path.join(tmpdir(), 'project-alone-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const built = await reccompile([
    'build',
    path.join(root, 'specs/movielens-100k.rec'),
    '--target',
    'typescript',
    '--out',
    folder,
  ]);
  expect(built).toMatchObject({ status: 0 });
  const project = path.join(folder, 'Cross');
  await install(project);
  const files = ['--data', path.join(data, 'ml-100k/u.data'), '--users', path.join(data, 'ml-100k/u.user')];
  const { status, out, error } = await runProgram('npm', ['start', '--', ...files, '--backend', 'tensorflow'], {
    folder: project,
    // A linked package then finds the TensorFlow.js of the project, and no second one beside itself.
    environment: { ...(await environment()), NODE_PRESERVE_SYMLINKS: '1' },
  });
  expect(status, out + error).toBe(0);
  expect(out).toContain('backend: tensorflow\n');
  const rmse = Number(/^test: rmse (\S+)$/m.exec(out)?.[1]);
  expect(Math.abs(rmse - published.rmse), `test RMSE ${String(rmse)}`).toBeLessThan(published.spread);
});
