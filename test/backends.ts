import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'vitest';
import { findChromium, findSwiftShader, folder, tfjsNode, webgpu } from '../scripts/backends/places.mjs';
import { tfjsNodeWorks } from '../scripts/backends/tfjs-node.mjs';

const chromium = await findChromium();
const swiftShader = await findSwiftShader();
const vulkanLoader = swiftShader && path.join(path.dirname(swiftShader), 'libvulkan.so.1');

/** Why tfjs-node cannot be used: its package may be there without the native part. */
const tfjsNodeMissing = (): string | undefined => {
  if (!existsSync(tfjsNode)) return 'tfjs-node is not in build/backends';
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  const { status } = spawnSync(process.execPath, ['-e', tfjsNodeWorks], { env, timeout: 60_000 });
  return status === 0 ? undefined : 'the binding of tfjs-node does not load';
};

/** What a backend needs that is not here. */
const needs = {
  tensorflow: tfjsNodeMissing,
  webgpu: () => {
    if (!existsSync(webgpu)) return 'webgpu is not in build/backends';
    return vulkanLoader !== undefined && existsSync(vulkanLoader) ? undefined : 'there is no Chromium with SwiftShader';
  },
  chromium: () => (chromium === undefined ? 'there is no Chromium' : undefined),
} satisfies Readonly<Record<string, () => string | undefined>>;

export type Backend = keyof typeof needs;

/** Why tests of a backend cannot run here; undefined if they can. */
export const missingFor = (...backends: readonly Backend[]): string | undefined =>
  backends.map((backend) => needs[backend]()).find((missing) => missing !== undefined);

/** Tests on real backends, skipped with the reason in their name where one is missing. */
export const describeOn = (backends: Backend | readonly Backend[], title: string, body: () => void): void => {
  const missing = missingFor(...[backends].flat());
  if (missing === undefined) describe(title, body);
  else describe.skip(`${title} (${missing})`, body);
};

/** glibc's RTLD_NOW with RTLD_NODELETE. */
const stayLoaded = 0x1002;

/** Lets the process at hand find the packages and SwiftShader, which draws on the processor what others draw on a GPU. */
export const useBackends = (): void => {
  process.env.RECCOMPILE_PACKAGES = folder;
  if (missingFor('webgpu') !== undefined || vulkanLoader === undefined) return;
  process.env.VK_DRIVER_FILES = swiftShader;
  // It is no module of Node, which says so; but whoever asks for a libvulkan.so.1 from now on gets this one.
  try {
    process.dlopen({ exports: {} }, vulkanLoader, stayLoaded);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('did not self-register')) throw error;
  }
};
