import { expect, test } from 'vitest';
import { format } from 'prettier';
import { formatFiles } from '../../../src/target/code/format.js';
import { typescriptProject } from '../../../src/target/typescript/project.js';
import { readyTexts } from '../../../src/target/typescript/ready.js';
import { modelOf, specText } from '../typescript/support.js';

test('files that are formatted together come out as each does alone', async () => {
  const spec = specText('test/target/typescript/films.rec');
  const files = [[], ['embeddings.dim=3']].flatMap((settings) => typescriptProject(modelOf(spec, 'Films', settings)));
  const together = await formatFiles(files, readyTexts);
  for (const [i, file] of files.entries()) expect(together[i]).toEqual((await formatFiles([file], readyTexts))[0]);
});

test('what looks like two declarations, and is one, is formatted as a whole', async () => {
  const odd = { path: 'odd.ts', text: 'const text=`a\n\nconst b=1;\n`\n\nexport   {text}\n' };
  const [formatted] = await formatFiles([odd, { path: 'other.ts', text: 'export const c=1' }]);
  expect(formatted?.text).toBe('const text = `a\n\nconst b=1;\n`;\n\nexport { text };\n');
});

test('what is the same in all projects is kept as prettier writes it', async () => {
  const style = { printWidth: 130, singleQuote: true, trailingComma: 'all', parser: 'typescript' } as const;
  for (const text of [...readyTexts.files, ...readyTexts.declarations]) expect(await format(text, style)).toBe(text);
});
