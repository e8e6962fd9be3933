import { expect, test } from 'vitest';
import { formatFiles } from '../../../src/target/typescript/format.js';
import { typescriptProject } from '../../../src/target/typescript/project.js';
import { modelOf, specText } from './support.js';

test('files that are formatted together come out as each does alone', async () => {
  const spec = specText('test/target/typescript/films.rec');
  const files = [[], ['embeddings.dim=3']].flatMap((settings) => typescriptProject(modelOf(spec, 'Films', settings)));
  const together = await formatFiles(files);
  for (const [i, file] of files.entries()) expect(together[i]).toEqual((await formatFiles([file]))[0]);
});

test('what looks like two declarations, and is one, is formatted as a whole', async () => {
  const odd = { path: 'odd.ts', text: 'const text=`a\n\nconst b=1;\n`\n\nexport   {text}\n' };
  const [formatted] = await formatFiles([odd, { path: 'other.ts', text: 'export const c=1' }]);
  expect(formatted?.text).toBe('const text = `a\n\nconst b=1;\n`;\n\nexport { text };\n');
});
