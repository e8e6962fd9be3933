import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { chromiumProgram } from '../examples/browser/chromium.mjs';

/** Where `scripts/backends.mjs` puts packages with native parts; RECCOMPILE_PACKAGES names another folder. */
export const backendsFolder =
  process.env.RECCOMPILE_PACKAGES ?? path.resolve(fileURLToPath(import.meta.url), '../../build/backends');

const chromium = { folder: '/usr/lib/chromium', program: chromiumProgram };
const swiftShader = path.join(chromium.folder, 'vk_swiftshader_icd.json');
const vulkanLoader = path.join(chromium.folder, 'libvulkan.so.1');

const inBackends = (file: string): string => path.join(backendsFolder, 'node_modules', file);
const unless = (files: readonly string[], what: string): string | undefined =>
  files.every((file) => existsSync(file)) ? undefined : what;

/** What a backend needs that is not here. */
const needs = {
  tensorflow: () => unless([inBackends('@tensorflow/tfjs-node/package.json')], 'tfjs-node is not in build/backends'),
  webgpu: () =>
    unless([inBackends('webgpu/package.json')], 'webgpu is not in build/backends') ??
    unless([swiftShader, vulkanLoader], "Chromium's SwiftShader is not in /usr/lib/chromium"),
  chromium: () => unless([chromium.program], `there is no ${chromium.program}`),
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

/** Environment in which a program finds the packages and SwiftShader, which draws on the processor what others draw on a GPU. */
export const backendEnvironment: Readonly<Record<string, string>> = {
  RECCOMPILE_PACKAGES: backendsFolder,
  VK_DRIVER_FILES: swiftShader,
  LD_LIBRARY_PATH: chromium.folder,
};

/** glibc's RTLD_NOW with RTLD_NODELETE. */
const stayLoaded = 0x1002;

/** The same for the process at hand, which has started without it. */
export const useBackends = (): void => {
  process.env.RECCOMPILE_PACKAGES = backendsFolder;
  if (missingFor('webgpu') !== undefined) return;
  process.env.VK_DRIVER_FILES = swiftShader;
  // It is no module of Node, which says so; but whoever asks for a libvulkan.so.1 from now on gets this one.
  try {
    process.dlopen({ exports: {} }, vulkanLoader, stayLoaded);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('did not self-register')) throw error;
  }
};
