import type { Location, LocationLink, Position, Range } from 'vscode-languageserver';
import { lineStart, lineStarts, position, type Source, type Span } from '../language/source.js';

/** The path of a file's URI, with `/`; what is no file has its whole URI as path. */
export function pathOf(uri: string): string {
  if (!uri.startsWith('file:')) return uri;
  try {
    return decodeURIComponent(new URL(uri).pathname).replace(/^\/([A-Za-z]:\/)/, '$1');
  } catch {
    return uri;
  }
}

export function uriOf(path: string): string {
  if (/^[a-z][a-z0-9+.-]+:(?!\/[^/])/i.test(path) && !/^[A-Za-z]:/.test(path)) return path;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return `file://${path.startsWith('/') ? '' : '/'}${encoded}`;
}

/** What a path means that the file at another says. */
function besides(file: string, path: string): string {
  const parts = path.startsWith('/') ? [''] : file.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** The same, where it is in the folder of the file or below, as whatever a spec names has to be. */
export function below(file: string, path: string): string | undefined {
  const place = besides(file, path);
  return `${place}/`.startsWith(folderOf(file)) ? place : undefined;
}

/** With the `/` at its end. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** Lines and UTF-16 units, both from 0. */
export function positionAt(source: Source, offset: number): Position {
  const inside = Math.min(Math.max(offset, 0), source.text.length);
  return { line: position(source, inside).line - 1, character: inside - lineStart(source, inside) };
}

/** The offset of a position; one beyond a line's end is at its end. */
export function offsetAt(source: Source, { line, character }: Position): number {
  const starts = lineStarts(source);
  const start = starts[line];
  if (start === undefined) return source.text.length;
  const next = starts[line + 1] ?? source.text.length;
  const ending = /[\r\n]*$/.exec(source.text.slice(start, next))?.[0].length ?? 0;
  return Math.min(start + Math.max(character, 0), next - ending);
}

export const rangeOf = ({ source, start, end }: Span): Range => ({
  start: positionAt(source, start),
  end: positionAt(source, end),
});

export const spanOf = (source: Source, { start, end }: Range): Span => ({
  source,
  start: offsetAt(source, start),
  end: offsetAt(source, end),
});

export const locationOf = (span: Span, uri: string): Location => ({ uri, range: rangeOf(span) });

/** Where a link leads, for an editor that knows no links. */
export const withoutLink = ({ targetUri, targetSelectionRange }: LocationLink): Location => ({
  uri: targetUri,
  range: targetSelectionRange,
});

/** From a name to where it is declared: the whole of what declares it, and its name. */
export const linkOf = (from: Span, uri: string, whole: Span, name: Span): LocationLink => ({
  originSelectionRange: rangeOf(from),
  targetUri: uri,
  targetRange: rangeOf(whole),
  targetSelectionRange: rangeOf(name),
});
