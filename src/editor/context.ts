import type { Scan } from '../language/scanner.js';
import * as t from '../language/tokens.js';
import { endOf } from '../language/tokens.js';
import type { SpecFile } from '../model/source-files.js';

type Token = Scan['tokens'][number];

/** A bracket that is open at a place, with what stood before it. */
export interface Frame {
  readonly opens: 'file' | '(' | '[' | '{';
  /** `file`, the body of a model, a section, the record of a key, a call, a list or index, a network's or block's body, an import. */
  readonly kind: 'file' | 'model' | 'section' | 'record' | 'call' | 'list' | 'body' | 'import';
  /** The name before the bracket: of the model, section, function; with `[]` or `[n]` between them. */
  readonly head: string;
  readonly brackets: '' | '[]' | '[n]';
  readonly start: number;
  /** The key or argument whose value is being written. */
  key: string | undefined;
  /** After the `label` of a model. */
  isLabel: boolean;
  /** After `name: value =`. */
  isFrom: boolean;
  /** Elements before this one. */
  position: number;
  readonly keys: Set<string>;
  /** Names before `=` in a body. */
  readonly assigned: Set<string>;
}

/** Where in a text something is being written, whatever is wrong around it. */
export interface Context {
  /** From the outermost. */
  readonly frames: readonly Frame[];
  /** The token before the word being written; undefined at the beginning. */
  readonly before: Token | undefined;
  /** The tokens of the expression before it, the last one last. */
  readonly earlier: readonly Token[];
  /** What is written already of the word or text. */
  readonly prefix: string;
  readonly start: number;
  /** Where the rest of the word ends. */
  readonly end: number;
  readonly inString: boolean;
}

/** Undefined within a comment. */
export function contextAt({ source, scanned }: SpecFile, offset: number): Context | undefined {
  const { tokens, comments } = scanned;
  if (comments.some(({ span }) => span.start < offset && offset <= span.end)) return undefined;
  const frames: Frame[] = [frame('file', 'file', '', '', 0)];
  const read: Token[] = [];
  let inside: Token | undefined;
  for (const [i, token] of tokens.entries()) {
    if (token.startOffset >= offset) break;
    const end = endOf(token);
    if (end > offset || (end === offset && isOpenEnded(token))) {
      inside = token;
      break;
    }
    step(frames, read, token, tokens[i + 1]);
    read.push(token);
  }
  const inString = inside !== undefined && isText(inside);
  const start = inside ? inside.startOffset + (inString ? 1 : 0) : offset;
  const closed = inside?.tokenType === t.StringToken;
  return {
    frames,
    before: read.at(-1),
    earlier: read,
    prefix: source.text.slice(start, offset),
    start,
    end: inside ? Math.max(offset, endOf(inside) - (inString && closed ? 1 : 0)) : offset,
    inString,
  };
}

const isName = (token: Token | undefined): boolean =>
  token !== undefined && (token.tokenType === t.Identifier || t.contextualKeywords.includes(token.tokenType));
const isText = (token: Token): boolean => token.tokenType === t.StringToken || token.tokenType === t.UnterminatedString;

/** A word or number that ends at the place may go on; a text without its quote does. */
const isOpenEnded = (token: Token): boolean => /^\w+$/.test(token.image) || token.tokenType === t.UnterminatedString;

const frame = (opens: Frame['opens'], kind: Frame['kind'], head: string, brackets: Frame['brackets'], start: number): Frame => ({
  opens,
  kind,
  head,
  brackets,
  start,
  key: undefined,
  isLabel: false,
  isFrom: false,
  position: 0,
  keys: new Set(),
  assigned: new Set(),
});

function step(frames: Frame[], read: readonly Token[], token: Token, next: Token | undefined): void {
  const top = frames.at(-1);
  if (!top) return;
  const last = read.at(-1);
  switch (token.tokenType) {
    case t.OpenRound:
    case t.OpenSquare:
    case t.OpenCurly:
      frames.push(opened(frames, top, token, read));
      return;
    case t.CloseRound:
    case t.CloseSquare:
    case t.CloseCurly:
      if (frames.length > 1) frames.pop();
      return;
    case t.Comma:
      top.position += 1;
      if (top.kind !== 'list') top.key = undefined;
      top.isFrom = false;
      return;
    case t.Colon:
      if (isName(last) && last) {
        top.key = last.image;
        top.keys.add(last.image);
        top.isFrom = false;
        top.isLabel = read.at(-2)?.tokenType === t.Label;
      }
      return;
    case t.Equals:
      top.isFrom = true;
      if (isName(last) && last) top.assigned.add(last.image);
      return;
    default:
      // A name before `{` or `:` ends what stood before it.
      if (top.kind === 'model' && isName(token) && next?.tokenType === t.OpenCurly) {
        top.key = undefined;
        top.isFrom = false;
        top.keys.add(token.image);
      }
  }
}

function opened(frames: readonly Frame[], top: Frame, token: Token, read: readonly Token[]): Frame {
  const last = read.at(-1);
  const start = token.startOffset;
  if (token.tokenType === t.OpenCurly) {
    if (top.kind === 'file') return ofItem(read, start);
    if (top.kind === 'model') {
      const name = last?.image ?? '';
      if (last?.tokenType === t.Colon) return frame('{', 'record', top.key ?? '', '', start);
      return last?.tokenType === t.Network ? frame('{', 'body', 'network', '', start) : frame('{', 'section', name, '', start);
    }
    if (top.kind === 'body' && last?.tokenType !== t.Equals) return frame('{', 'body', top.head, '', start);
    return frame('{', 'record', top.key ?? '', '', start);
  }
  const [head, brackets] = headOf(read);
  if (token.tokenType === t.OpenSquare) return frame('[', 'list', isName(last) ? (last?.image ?? '') : '', '', start);
  return frame('(', frames.length === 1 ? 'body' : 'call', head, brackets, start);
}

/** What the last item of the file is whose `{` comes now. */
function ofItem(read: readonly Token[], start: number): Frame {
  for (let i = read.length - 1; i >= 0; i--) {
    const type = read[i]?.tokenType;
    if (type === t.CloseCurly || type === t.StringToken) break;
    const name = read[i + 1]?.image ?? '';
    if (type === t.Import) return frame('{', 'import', '', '', start);
    if (type === t.Block) return frame('{', 'body', name, '', start);
    if (type === t.Model && isName(read[i + 1])) return frame('{', 'model', name, '', start);
  }
  return frame('{', 'model', '', '', start);
}

/** The name before `(`, with the brackets between them. */
function headOf(read: readonly Token[]): readonly [string, Frame['brackets']] {
  const last = read.at(-1);
  if (last?.tokenType !== t.CloseSquare) return isName(last) && last ? [last.image, ''] : ['', ''];
  let depth = 0;
  for (let i = read.length - 1; i >= 0; i--) {
    const type = read[i]?.tokenType;
    if (type === t.CloseSquare) depth += 1;
    if (type === t.OpenSquare) depth -= 1;
    if (depth > 0) continue;
    const name = read[i - 1];
    return [isName(name) && name ? name.image : '', i === read.length - 2 ? '[]' : '[n]'];
  }
  return ['', ''];
}

/** Whether a value stands here rather than the name of an entry. */
export function isAtValue({ frames, before, inString }: Context): boolean {
  const top = frames.at(-1);
  if (!before || !top) return false;
  if (inString || before.tokenType === t.Colon || before.tokenType === t.Equals) return true;
  if (top.kind === 'list') return true;
  return t.InfixOperator.categoryMatchesMap?.[before.tokenTypeIdx] === true;
}
