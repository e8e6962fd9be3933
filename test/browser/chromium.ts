import { chromium, type Browser } from 'playwright-core';
import { chromiumProgram } from '../backends.js';

/** WebGPU and WebGL on SwiftShader, which draws on the processor what others draw on a GPU. */
const softwareGpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** Chromium refuses its sandbox to root. */
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** Headless Chromium; `gpu: false` is one without WebGPU. */
export const launch = ({ gpu }: { readonly gpu: boolean }): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumProgram,
    args: [...asRoot, ...(gpu ? softwareGpu : ['--disable-gpu', '--disable-features=WebGPU'])],
  });
