import type { ProjectFile, TextFile } from '../files.js';

/** As this project formats its own code. Code in a README is written so from the start. */
const style = { printWidth: 130, singleQuote: true, trailingComma: 'all', embeddedLanguageFormatting: 'off' } as const;

/** Babel reads TypeScript in little more than half the time of its own compiler, and prettier writes both trees alike. */
const parsers: Readonly<Record<string, string>> = { ts: 'babel-ts', json: 'json', md: 'markdown' };

/** What npm or a training writes. */
const isWritten = (path: string): boolean => path === 'package-lock.json' || path.includes('/');

/** What is already as prettier writes it, so that it costs no time: the texts of whole files, and of declarations. */
export interface ReadyTexts {
  readonly files: ReadonlySet<string>;
  readonly declarations: readonly string[];
}

const nothingReady: ReadyTexts = { files: new Set(), declarations: [] };

type Format = (text: string, path: string) => Promise<string>;

/**
 * The files as prettier writes them; those of a kind that it does not know, and those that programs write, stay as they are. Prettier
 * is loaded when this is called, and its standalone form runs in a page as well. Many files at once take less time: what several of them
 * have in common is formatted once.
 */
export function formatFiles(files: readonly TextFile[], ready?: ReadyTexts): Promise<readonly TextFile[]>;
export function formatFiles(files: readonly ProjectFile[], ready?: ReadyTexts): Promise<readonly ProjectFile[]>;
export async function formatFiles(files: readonly ProjectFile[], ready = nothingReady): Promise<readonly ProjectFile[]> {
  const format = await loadPrettier();
  const isSource = (file: ProjectFile): file is TextFile => 'text' in file && parserOf(file.path) === parsers.ts;
  const sources = files.flatMap((file) => (isSource(file) && !ready.files.has(file.text) ? [file.text] : []));
  const code = await formatSources(sources, ready.declarations, format);
  return Promise.all(
    files.map(async (file) => {
      if ('bytes' in file || parserOf(file.path) === undefined || ready.files.has(file.text)) return file;
      return { path: file.path, text: code.get(file.text) ?? (await format(file.text, file.path)) };
    }),
  );
}

const parserOf = (path: string): string | undefined =>
  isWritten(path) ? undefined : parsers[path.slice(path.lastIndexOf('.') + 1)];

async function loadPrettier(): Promise<Format> {
  const [prettier, estree, babel, markdown] = await Promise.all([
    import('prettier/standalone'),
    import('prettier/plugins/estree'),
    import('prettier/plugins/babel'),
    import('prettier/plugins/markdown'),
  ]);
  const plugins = [estree, babel, markdown];
  return (text, path) => prettier.format(text, { ...style, parser: parserOf(path) ?? 'babel-ts', plugins, filepath: path });
}

/** Where a declaration of a module begins, or the comment before it. */
const betweenDeclarations = /\n\n(?=(?:import|export|const|let|function|async function|interface|type|\/\*\*|\/\/) ?)/;

/**
 * Formatted texts by texts. The declarations of all, each once, are one source to prettier, a comment before each to find it by. None are
 * given where that cannot be read, because what looked like two declarations was one.
 */
async function formatSources(
  texts: readonly string[],
  ready: readonly string[],
  format: Format,
): Promise<ReadonlyMap<string, string>> {
  if (texts.length < 2) return new Map();
  const known = new Set(ready.flatMap((text) => text.trim().split(betweenDeclarations)));
  const pieces = [...new Set(texts.flatMap((text) => text.trim().split(betweenDeclarations)))].filter(
    (piece) => !known.has(piece),
  );
  let mark = '//#';
  while (pieces.some((piece) => piece.includes(mark))) mark += '#';
  try {
    const all = await format(pieces.map((piece) => `${mark}\n${piece}`).join('\n\n'), 'all.ts');
    const formatted = all.split(`${mark}\n`).slice(1);
    if (formatted.length !== pieces.length) return new Map();
    const byPiece = new Map(pieces.map((piece, i) => [piece, formatted[i]?.trim() ?? piece]));
    const whole = (text: string): string => {
      const own = text.trim().split(betweenDeclarations);
      return `${own.map((piece) => byPiece.get(piece) ?? piece).join('\n\n')}\n`;
    };
    return new Map(texts.map((text) => [text, whole(text)]));
  } catch (error) {
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}
