import { describe, test } from 'vitest';
import { attackMany } from './attacked.js';

/** `npm run escaping` asks for 10,000, which take some ten minutes. */
const attacks = Number(process.env.RECCOMPILE_ATTACKS ?? 300);
const atOnce = 100;

describe(`${String(attacks)} specs of attackers`, () => {
  const firsts = Array.from({ length: Math.ceil(attacks / atOnce) }, (_, i) => i * atOnce);
  test.each(firsts)('from %i on', (first) => attackMany(first, Math.min(attacks, first + atOnce)), 300_000);
});
