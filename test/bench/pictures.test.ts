import { expect, test } from 'vitest';
import { draw } from '../../bench/kit/pictures.mjs';
import { inks } from '../../bench/kit/theme.mjs';

const point = (line: string, x: number, milliseconds: number) => ({
  line,
  x,
  measured: { unit: 'ms' as const, rounds: [milliseconds] },
  multiplyAdds: 1.7e8,
  bytes: 6e6,
  tableBytes: 384 * x,
  memory: 2e8,
});

const growth = {
  speeds: { multiplyAddsPerSecond: 1e11, bytesPerSecond: 1e10 },
  sections: { vocabulary: [1e3, 1e4, 1e5].map((x) => point('lazy Adam, 6 fields × 32', x, 3)) },
  steps: [{ ...point('512x2000', 512, 3), rows: 2000, phases: { gather: 1, run: 2 }, shares: { Gemm: 0.8 } }],
};

test('a picture is drawn without a browser, with its lines, their limits and dark colours', async () => {
  const { vocabulary = '' } = await draw(growth, ['vocabulary']);
  expect(vocabulary).toMatch(/^<svg[^>]*><style>@media \(prefers-color-scheme:dark\)/);
  expect(vocabulary).toContain('>lazy Adam, 6 fields × 32<');
  expect(vocabulary).toContain('>limit: multiply-adds<');
  expect(vocabulary).toContain(inks.blue[0]);
});

test('every colour of a picture has one for dark pages', async () => {
  const svgs = await draw(growth, ['vocabulary', 'memory', 'step']);
  const known = Object.values(inks).map(([light]) => light);
  for (const svg of Object.values(svgs)) {
    const used = [...svg.replace(/<style>.*?<\/style>/, '').matchAll(/(?:fill|stroke)="(#[0-9a-f]+|[a-z]+)"/g)].map(
      ([, colour]) => colour,
    );
    expect(new Set(used.filter((colour) => colour !== 'none' && colour !== 'transparent'))).toEqual(
      new Set(used.filter((colour) => known.includes(colour ?? ''))),
    );
  }
});
