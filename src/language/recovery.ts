import {
  EmbeddedActionsParser,
  EOF,
  isRecognitionException,
  tokenMatcher,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  type ITokenGrammarPath,
  type ParserMethod,
  type TokenType,
} from 'chevrotain';
import { depthOf, startsDeclaration } from './brackets.js';
import { commentCursor, docText, isDoc, withTrivia, type CommentCursor } from './comments.js';
import type { SyntaxProblem } from './problems.js';
import { endOfPiece, isSame, moved, type Find, type Piece } from './reuse.js';
import { lineStart, type Source, type Span } from './source.js';
import type { Comment, Declaration, Documented, Name, Trivia } from './syntax.js';
import * as t from './tokens.js';

/** What the parser did not expect, before it is put into a reader's words. */
export interface Surprise {
  readonly token: IToken;
  /** In a reader's words, most likely first. */
  readonly expected: readonly string[];
}

/** More surprises than a person would read: the rest of the file is not parsed. */
export class TooManySurprises extends Error {}
const mostSurprises = 300;

export type Rule<T> = ParserMethod<[], T>;

type Peek = (ahead: number) => IToken;

/** A place in the grammar where elements of one kind follow each other. */
export interface Place {
  /** Whether an element may begin with the next token. */
  readonly begins: (peek: Peek) => boolean;
  /** Whether the next tokens are so surely an element, or the separator before it, that parsing can go on there after an error. */
  readonly resumes: (peek: Peek) => boolean;
  readonly expected: readonly string[];
}

const is = (token: IToken, ...types: readonly TokenType[]): boolean => types.includes(token.tokenType);
const isName = (token: IToken): boolean => tokenMatcher(token, t.Name);

/** `x =`, `p, q =`, `y[i] =`, `liked.loss =` */
function resumesStatement(peek: Peek): boolean {
  if (is(peek(1), t.Return, t.Repeat, t.For)) return true;
  if (!isName(peek(1))) return false;
  let ahead = 2;
  while (ahead < 12 && (isName(peek(ahead)) || is(peek(ahead), t.Comma, t.OpenSquare, t.CloseSquare, t.Dot))) ahead++;
  return is(peek(ahead), t.Equals);
}

function isRecognition(error: unknown): error is IRecognitionException {
  return error instanceof Error && isRecognitionException(error);
}

/** At an opening bracket, but not beyond the next declaration. */
function resumesAt(opener: TokenType): (peek: Peek) => boolean {
  return (peek) => is(peek(1), opener) || startsDeclaration(peek(1), peek(2));
}

const expressionStarts: TokenType[] = [
  ...[t.Name, t.NumberToken, t.StringToken, t.Hole, t.True, t.False],
  ...[t.PrefixOperator, t.If, t.OpenRound, t.OpenSquare, t.OpenCurly],
];

function beginsExpression(token: IToken): boolean {
  return expressionStarts.some((type) => tokenMatcher(token, type));
}

/** `label name`, `network {`, `name {`, `name:` */
function resumesItem(peek: Peek): boolean {
  if (is(peek(1), t.Label)) return isName(peek(2));
  return is(peek(1), t.Network, t.Identifier) && is(peek(2), t.OpenCurly, t.Colon);
}

export const places = {
  declaration: {
    begins: (peek) => is(peek(1), t.Import, t.Model, t.Block, t.Override),
    resumes: (peek) => startsDeclaration(peek(1), peek(2)),
    expected: ['"import"', '"model"', '"block"', 'end of file'],
  },
  item: {
    begins: (peek) => is(peek(1), t.Label, t.Network, t.Identifier),
    resumes: resumesItem,
    expected: ['a section', '"label"', '"network"', '"}"'],
  },
  /** What follows the head of a model or block. */
  opening: { begins: (peek) => is(peek(1), t.OpenCurly), resumes: resumesAt(t.OpenCurly), expected: ['"{"'] },
  /** What follows the name of a block. */
  list: { begins: (peek) => is(peek(1), t.OpenRound), resumes: resumesAt(t.OpenRound), expected: ['"("'] },
  entry: {
    begins: (peek) => isName(peek(1)),
    resumes: (peek) => is(peek(1), t.Comma) || (isName(peek(1)) && is(peek(2), t.Colon)) || resumesItem(peek),
    expected: ['a name', '"}"'],
  },
  statement: {
    begins: (peek) => isName(peek(1)) || is(peek(1), t.Return, t.Repeat, t.For),
    resumes: resumesStatement,
    expected: ['a statement', '"}"'],
  },
  name: { begins: (peek) => isName(peek(1)), resumes: (peek) => is(peek(1), t.Comma), expected: ['a name'] },
  expression: {
    begins: (peek) => beginsExpression(peek(1)),
    resumes: (peek) => is(peek(1), t.Comma),
    expected: ['an expression'],
  },
  subscript: {
    begins: (peek) => beginsExpression(peek(1)) || is(peek(1), t.Dots),
    resumes: (peek) => is(peek(1), t.Comma),
    expected: ['an expression'],
  },
} satisfies Record<string, Place>;

/** Chevrotain wants a message; this one is a list of what was expected, a line each. */
const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => t.labelOf(expected),
  buildNotAllInputParsedMessage: () => 'end of file',
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? '',
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? '',
};

/** Missing ones of these are silently inserted after the problem is reported; brackets are balanced before parsing. */
const insertable: readonly TokenType[] = [t.Colon, t.Equals, t.Then, t.Else, t.In, t.From];

/**
 * What the grammar needs besides its rules: going on after an error, spans, comments. Chevrotain inserts or drops a
 * single token; what that does not mend is skipped, never beyond the brackets in which it stands.
 */
export abstract class RecoveringParser extends EmbeddedActionsParser {
  protected source: Source = { path: '', text: '' };
  private comments: CommentCursor = commentCursor(this.source, []);
  private find: Find = () => undefined;
  private pieces: Piece[] = [];
  /** Index of a token before which all pieces end. */
  private readTo = 0;
  /** Comments of the node that is being read which stand before a bracket, and so are of no node within it. */
  private heldComments: Comment[] = [];
  private surprises: Surprise[] = [];
  /** Where parsing went on after it skipped something: what is wrong there follows from that. */
  private resumedAt = new Set<IToken>();
  protected problems: SyntaxProblem[] = [];
  /** Number of brackets around the elements that are being read. */
  protected level = 0;
  /** The same for the statements that are being read; -1 outside of bodies. */
  protected bodyLevel = -1;

  constructor(validate: boolean) {
    super(t.vocabulary, {
      recoveryEnabled: true,
      maxLookahead: 1,
      skipValidations: !validate,
      errorMessageProvider: expectations,
    });
  }

  /** A rule of the grammar; what goes wrong in it is caught by `guarded`. */
  protected rule<T>(name: string, read: () => T): Rule<T> {
    return this.RULE(name, read, { resyncEnabled: false });
  }

  /** @param find finds what can be taken over from the text before */
  begin(source: Source, tokens: IToken[], comments: readonly Comment[], find: Find = () => undefined): void {
    this.input = tokens;
    this.source = source;
    this.comments = commentCursor(source, comments);
    this.find = find;
    this.pieces = [];
    this.readTo = 0;
    this.heldComments = [];
    this.surprises = [];
    this.resumedAt = new Set();
    this.problems = [];
    this.level = 0;
    this.bodyLevel = -1;
  }

  /** What was found wrong since `begin`, and the declarations in which nothing was. */
  findings(): {
    readonly surprises: readonly Surprise[];
    readonly problems: readonly SyntaxProblem[];
    readonly pieces: readonly Piece[];
  } {
    const thrown = this.errors.map(({ token, message }): Surprise => ({ token, expected: message.split('\n') }));
    const all = [...thrown, ...this.surprises].filter(({ token }) => !this.resumedAt.has(token));
    return { surprises: all, problems: this.problems, pieces: this.pieces };
  }

  protected override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    return insertable.includes(type);
  }

  /** What may follow an inserted token; computed from the grammar it would need a stack that deep files do not leave. */
  protected override getNextPossibleTokenTypes({ lastTok }: ITokenGrammarPath): TokenType[] {
    return lastTok === t.From ? [t.StringToken] : expressionStarts;
  }

  protected override canTokenTypeBeDeletedInRecovery(): boolean {
    return !t.isBracket(this.LA(1).tokenType);
  }

  protected peek = (ahead: number): IToken => this.LA(ahead);

  /** True before the closing bracket of the elements that are being read. */
  protected atEnd(ahead = 1): boolean {
    const token = this.LA(ahead);
    return token.tokenType === EOF || depthOf(token) < this.level;
  }

  protected surpriseAt(token: IToken, expected: readonly string[]): void {
    this.surprises.push({ token, expected });
  }

  /** Reports the next token and returns it. */
  private surprise(expected: readonly string[]): IToken {
    const token = this.LA(1);
    this.surpriseAt(token, expected);
    return token;
  }

  /** Skips to the closing bracket, or to a token of the same level at which parsing can go on. */
  private skip(cause: IToken, goesOn: (peek: Peek) => boolean): void {
    while (!this.atEnd() && !(depthOf(this.LA(1)) === this.level && goesOn(this.peek))) this.SKIP_TOKEN();
    if (this.LA(1) !== cause) this.resumedAt.add(this.LA(1));
  }

  /** Before an element: reports and skips what neither begins one nor ends them. */
  protected settle(place: Place, goesOn = place.resumes, expected = place.expected): void {
    this.ACTION(() => {
      if (this.surprises.length + this.errors.length > mostSurprises) throw new TooManySurprises();
      if (this.atEnd() || place.begins(this.peek)) return;
      this.skip(this.surprise(expected), goesOn);
    });
  }

  /** Before a fixed closing bracket: reports and skips what stands before it. */
  protected settleEnd(expected: readonly string[]): void {
    this.ACTION(() => {
      if (this.atEnd()) return;
      this.skip(this.surprise(expected), () => false);
    });
  }

  /** After an element of a list: reports and skips what is neither a comma (or what else may follow) nor the end. */
  protected settleSeparator(closer: TokenType, ...also: readonly TokenType[]): void {
    this.ACTION(() => {
      if (this.atEnd() || is(this.LA(1), t.Comma, ...also)) return;
      this.skip(this.surprise(['","', t.labelOf(closer)]), (peek) => is(peek(1), t.Comma, ...also));
    });
  }

  /** Parses; after an error that could not be mended, skips to where the place can go on and returns the substitute. */
  protected guarded<T>(place: Place, parse: () => T, substitute: (at: Span) => T): T {
    try {
      return parse();
    } catch (error) {
      if (!isRecognition(error)) throw error;
      const at = this.spanFrom(Infinity);
      this.skip(error.token, place.resumes);
      return substitute(at);
    }
  }

  /** Parses what is inside the brackets that the token opened; gives the comments there that belong to no element. */
  protected within(open: IToken, parse: () => void, isBody = false): Required<Pick<Trivia, 'opening' | 'inner'>> {
    const { level, bodyLevel } = this;
    this.heldComments.push(...this.comments.before(open.startOffset));
    const opening = t.isCloser(this.LA(1).tokenType) ? [] : this.comments.plainTrailing(t.endOf(open), this.here());
    this.level = depthOf(open) + 1;
    if (isBody) this.bodyLevel = this.level;
    try {
      parse();
    } finally {
      this.level = level;
      this.bodyLevel = bodyLevel;
    }
    return { opening, inner: this.commentsHere() };
  }

  /** Reads a declaration, if it is not as it was in the text before. */
  protected unlessUnchanged(declared: Declaration[], read: () => void): void {
    if (this.ACTION(() => this.takeUnchanged(declared))) return;
    const [first, from, wrong, count] = [this.LA(1), this.startWithComments(), this.wrong(), declared.length];
    read();
    this.ACTION(() => {
      const node = declared[count];
      if (!node || this.wrong() > wrong) return;
      const start = this.input.indexOf(first, this.readTo);
      this.readTo = this.input.indexOf(this.LA(0), start) + 1;
      this.pieces.push({ node, tokens: this.input.slice(start, this.readTo), from });
    });
  }

  private takeUnchanged(declared: Declaration[]): boolean {
    const found = this.find(this.here());
    if (!found) return false;
    const { piece, by } = found;
    const end = endOfPiece(piece) + by;
    const next = this.LA(piece.tokens.length + 1);
    const isAlone = next.tokenType === EOF || lineStart(this.source, next.startOffset) > end;
    if (!isAlone || this.startWithComments() !== piece.from + by) return false;
    if (!piece.tokens.every((token, i) => isSame(this.LA(i + 1), token, by))) return false;
    const tokens = piece.tokens.map((_, i) => this.LA(i + 1));
    tokens.forEach(() => this.SKIP_TOKEN());
    this.readTo += tokens.length;
    this.comments.before(end);
    this.comments.trailing(end, Infinity);
    const node = moved(piece.node, this.source, by);
    declared.push(node);
    this.pieces.push({ node, tokens, from: piece.from + by });
    return true;
  }

  /** Where the comments before the next token begin, or it itself. */
  private startWithComments(): number {
    return Math.min(this.comments.next(), this.here());
  }

  /** How much was found wrong until now. */
  private wrong(): number {
    return this.errors.length + this.surprises.length + this.problems.length;
  }

  /** Offset at which the next token starts. */
  protected here(): number {
    const token = this.LA(1);
    return token.tokenType === EOF ? this.source.text.length : token.startOffset;
  }

  /** From an offset to the end of the last token. */
  protected spanFrom(start: number): Span {
    const last = this.LA(0);
    const end = last.tokenType === EOF ? 0 : t.endOf(last);
    return { source: this.source, start: Math.min(start, end), end };
  }

  protected spanOf(token: IToken): Span {
    return Number.isNaN(token.startOffset)
      ? this.spanFrom(Infinity)
      : { source: this.source, start: token.startOffset, end: t.endOf(token) };
  }

  /** The empty name, which stands for what is missing or could not be read. */
  protected missing(span: Span = this.spanFrom(Infinity)): Name {
    return { kind: 'name', text: '', span };
  }

  /** Keeps comments for the node that is being read, as none within it can have them. */
  protected hold(comments: readonly Comment[]): void {
    this.heldComments.push(...comments);
  }

  /** Comments that no node has taken yet, up to the next token. */
  protected commentsHere(): readonly Comment[] {
    return this.comments.before(this.here());
  }

  /** Parses a node that carries comments: those before it, those within that no inner node took, and one after it on its line. */
  protected commented<Node extends { readonly trivia?: Trivia }>(parse: () => Node): Node {
    const outerHeld = this.heldComments;
    const held = [...this.commentsHere()];
    this.heldComments = held;
    let node: Node;
    try {
      node = parse();
    } finally {
      this.heldComments = outerHeld;
    }
    return this.ACTION(() => {
      const { end } = this.spanFrom(Infinity);
      const leading = [...held, ...this.comments.before(end)];
      const limit = is(this.LA(1), t.Comma) ? this.LA(2).startOffset : this.here();
      return withTrivia(node, { leading, trailing: this.comments.trailing(end, Number.isNaN(limit) ? Infinity : limit) });
    });
  }

  /** The same for a node that has documentation: its `///` comments become that. */
  protected documented<Node extends Documented>(parse: () => Node): Node {
    const node = this.commented(parse);
    return this.ACTION(() => {
      const leading = node.trivia?.leading ?? [];
      const docs = leading.filter(isDoc);
      if (docs.length === 0) return node;
      const { trivia, ...rest } = node;
      const others = { ...trivia, leading: leading.filter((comment) => !isDoc(comment)) };
      return withTrivia<Node>({ ...(rest as Node), doc: docText(docs) }, others);
    });
  }

  /** The comment between an expression and the operator or word after it, on the line of the expression. */
  protected trailingHere(): readonly Comment[] {
    const { end } = this.spanFrom(Infinity);
    this.hold(this.comments.before(end));
    return this.comments.trailing(end, this.here());
  }
}
