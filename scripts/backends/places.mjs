import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

/** Where all of it is set up; RECCOMPILE_PACKAGES names another folder. */
export const folder = path.resolve(root, process.env.RECCOMPILE_PACKAGES ?? 'build/backends');

/** Package manager's files that are checked in. */
export const manifests = ['package.json', 'package-lock.json'].map((name) => path.join(root, 'scripts/backends', name));

export const tfjsNode = path.join(folder, 'node_modules/@tensorflow/tfjs-node');
export const webgpu = path.join(folder, 'node_modules/webgpu/index.js');

const environmentOf = (/** @type {string} */ at) =>
  process.platform === 'win32' ? path.join(at, 'Scripts', 'python.exe') : path.join(at, 'bin', 'python');

/** Python of the virtual environment. */
export const python = environmentOf(path.join(folder, 'python'));

const programs = {
  linux: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].flatMap((name) => {
    const base = process.env[name];
    return base === undefined ? [] : [path.join(base, 'Google/Chrome/Application/chrome.exe')];
  }),
};

/** Variables that name a browser, as Karma, Debian, Playwright and Puppeteer know them. */
const variables = ['CHROME_BIN', 'CHROMIUM', 'PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH', 'PUPPETEER_EXECUTABLE_PATH'];

const onPath = (/** @type {string} */ program) =>
  path.isAbsolute(program)
    ? [program]
    : (process.env.PATH ?? '').split(path.delimiter).map((directory) => path.join(directory, program));

/**
 * Chromium or Chrome, if there is one: named by a variable, installed, or downloaded by Playwright.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const named = variables.flatMap((name) => process.env[name] ?? []);
  const installed = (programs[process.platform] ?? programs.linux).flatMap(onPath);
  const here = [...named, ...installed].find((file) => existsSync(file));
  if (here !== undefined) return here;
  const downloaded = await import('playwright-core').then(
    ({ chromium }) => chromium.executablePath(),
    () => undefined,
  );
  return downloaded !== undefined && existsSync(downloaded) ? downloaded : undefined;
}

/** Vulkan's description of SwiftShader, a GPU in software, which Chromium brings along. */
export async function findSwiftShader() {
  if (process.platform !== 'linux') return undefined;
  const chromium = await findChromium();
  const beside = chromium === undefined ? [] : [path.dirname(realpathSync(chromium))];
  const usual = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  return [...beside, ...usual].map((at) => path.join(at, 'vk_swiftshader_icd.json')).find((file) => existsSync(file));
}

/** In it a program finds these packages, and SwiftShader with the Vulkan loader that Chromium has; a real GPU's driver, if `real`. */
export async function environment(real = false) {
  const driver = real ? undefined : await findSwiftShader();
  return {
    RECCOMPILE_PACKAGES: folder,
    TF_CPP_MIN_LOG_LEVEL: '3',
    ...(driver === undefined ? {} : { VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: path.dirname(driver) }),
  };
}
