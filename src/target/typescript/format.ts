import type { ProjectFile, TextFile } from '../files.js';

/** As this project formats its own code. */
const style = { printWidth: 130, singleQuote: true, trailingComma: 'all' } as const;

const parsers: Readonly<Record<string, string>> = { ts: 'typescript', json: 'json', md: 'markdown' };

/** What npm or a training writes. */
const isWritten = (path: string): boolean => path === 'package-lock.json' || path.includes('/');

/**
 * The files as prettier writes them; those of a kind that it does not know, and those that programs write, stay as they are. Prettier
 * is loaded when this is called, and its standalone form runs in a page as well.
 */
export function formatFiles(files: readonly TextFile[]): Promise<readonly TextFile[]>;
export function formatFiles(files: readonly ProjectFile[]): Promise<readonly ProjectFile[]>;
export async function formatFiles(files: readonly ProjectFile[]): Promise<readonly ProjectFile[]> {
  const [prettier, typescript, estree, babel, markdown] = await Promise.all([
    import('prettier/standalone'),
    import('prettier/plugins/typescript'),
    import('prettier/plugins/estree'),
    import('prettier/plugins/babel'),
    import('prettier/plugins/markdown'),
  ]);
  return Promise.all(
    files.map(async (file) => {
      const { path } = file;
      const parser = parsers[path.slice(path.lastIndexOf('.') + 1)];
      if (parser === undefined || 'bytes' in file || isWritten(path)) return file;
      const plugins = [typescript, estree, babel, markdown];
      return { path, text: await prettier.format(file.text, { ...style, parser, plugins, filepath: path }) };
    }),
  );
}
