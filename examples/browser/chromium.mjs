import { findChromium } from '../../scripts/backends/places.mjs';

/** WebGPU and WebGL on SwiftShader, which draws on the processor what others draw on a GPU. */
const softwareGpu = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

const noGpu = ['--disable-gpu', '--disable-features=WebGPU'];

/**
 * Headless Chromium, with a GPU that the processor imitates or with none.
 * @param {{ gpu: boolean }} options
 */
export async function launch({ gpu }) {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error('there is no Chromium: CHROME_BIN names one');
  const { chromium } = await import('playwright-core');
  // Chromium refuses its sandbox to root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...asRoot, ...(gpu ? softwareGpu : noGpu)] });
}
