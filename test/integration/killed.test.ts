import { expect, test } from 'vitest';
import { killAtRandom } from '../../bench/kill.mjs';

test('a run that is killed at random moments is readable, and goes on to the same bits', async () => {
  const result = await killAtRandom({ kills: 5, epochs: 60 });
  expect(result).toMatchObject({ kills: 5, faults: [], sameBits: result.runs });
});
