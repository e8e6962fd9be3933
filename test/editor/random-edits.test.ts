import { describe, expect, it } from 'vitest';
import { hostOf, startServer } from './client.js';
import { specs } from './edits.js';
import { editAtRandom } from './random-edits.js';
import { changeAtRandom } from './random-files.js';

describe('random edits', () => {
  it('leave the server saying what it says of the same text opened anew', async () => {
    const files = Object.fromEntries(Object.entries(specs).map(([name, text]) => [`/specs/${name}`, text]));
    const client = await startServer(hostOf(files));
    const { unlike, compared } = await editAtRandom(client, 'file:///specs', { edits: 500, seed: 3 });
    expect(unlike).toEqual([]);
    expect(compared).toBe(50);
    await client.end();
  }, 120_000);

  it('of files that nobody watches, and renames, leave no stale word and no new error', async () => {
    const files: Record<string, string | undefined> = {};
    const client = await startServer(hostOf(files), ['file:///files']);
    const { unlike, harmful, renamed, refused } = await changeAtRandom(client, files, 'file:///files', { steps: 300, seed: 5 });
    expect(unlike).toEqual([]);
    expect(harmful).toEqual([]);
    expect(renamed).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
    await client.end();
  }, 120_000);
});
