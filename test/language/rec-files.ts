import { readdirSync } from 'node:fs';

const folders = ['specs', 'src/std', 'test/language/fixtures', 'test/target'];

/** Every spec of the repository that is meant to be right, and the library. */
export const recFiles: readonly string[] = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.rec'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .sort(),
);
