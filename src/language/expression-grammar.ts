import { tokenMatcher, type IOrAlt, type IToken, type TokenType } from 'chevrotain';
import { depthOf } from './brackets.js';
import { withTrivia } from './comments.js';
import { fold, type FoldHost, type Term } from './fold.js';
import { readNumber, readString } from './literals.js';
import { places, RecoveringParser, type Place, type Rule } from './recovery.js';
import { mergeSpans, type Span } from './source.js';
import type * as s from './syntax.js';
import * as t from './tokens.js';
import { deeperThan, maxHeight } from './walk.js';

interface Bracketed<T> {
  readonly elements: readonly T[];
  readonly comments: Partial<s.Trivia>;
}

/** What may follow an operand: a call, subscripts or a member. */
interface Postfix {
  readonly call?: Bracketed<s.Argument>;
  readonly subscripts?: Bracketed<s.Expression | s.Range>;
  readonly member?: s.Name;
}

interface Clause {
  readonly start: number;
  readonly leading: readonly s.Comment[];
  readonly condition: s.Expression;
  readonly then: s.Expression;
}

/** Expressions: one grammar for types, options, filters and tensors. */
export abstract class ExpressionGrammar extends RecoveringParser {
  readonly expression: Rule<s.Expression> = this.rule('expression', () => {
    const clauses: Clause[] = [];
    const terms: Term[] = [];
    const operators: IToken[] = [];
    this.MANY(() => {
      const start = this.here();
      const before = clauses.length > 0 ? this.commentsHere() : [];
      this.CONSUME(t.If);
      const leading = [...before, ...this.commentsHere()];
      const condition = this.beforeWord(() => this.SUBRULE(this.expression));
      this.CONSUME(t.Then);
      const then = this.commented(() => this.SUBRULE2(this.expression));
      this.CONSUME(t.Else);
      clauses.push({ start, leading, condition, then });
    });
    const beforeFirst = this.commentsHere();
    const first: IToken[] = [];
    this.MANY2(() => first.push(this.CONSUME(t.PrefixOperator)));
    const leading = [...beforeFirst, ...this.commentsHere()];
    terms.push({ prefixes: first, operand: this.withTrailing(this.SUBRULE(this.operand)) });
    this.MANY3(() => {
      operators.push(this.CONSUME(t.InfixOperator));
      const prefixes: IToken[] = [];
      this.MANY4(() => prefixes.push(this.CONSUME2(t.PrefixOperator)));
      const before = this.commentsHere();
      const operand = this.SUBRULE2(this.operand);
      terms.push({ prefixes, operand: this.withTrailing(this.ACTION(() => withTrivia(operand, { leading: before }))) });
    });
    return this.ACTION(() => {
      const value = this.operation(terms, operators);
      if (clauses.length > 0) return this.conditional(clauses, withTrivia(value, { leading }));
      this.hold(leading);
      return value;
    });
  });

  private readonly primaries: IOrAlt<s.Expression>[] = [
    { ALT: () => this.literal(this.CONSUME(t.NumberToken), (token) => this.number(token)) },
    { ALT: () => this.literal(this.CONSUME(t.StringToken), (token) => this.string(token)) },
    { ALT: () => ({ kind: 'boolean', value: true, span: this.spanOf(this.CONSUME(t.True)) }) },
    { ALT: () => ({ kind: 'boolean', value: false, span: this.spanOf(this.CONSUME(t.False)) }) },
    { GATE: () => !this.atNextElement(), ALT: () => this.name(this.CONSUME(t.Name)) },
    { ALT: () => ({ kind: 'hole', span: this.spanOf(this.CONSUME(t.Hole)) }) },
    {
      ALT: () => {
        const start = this.here();
        const open = this.CONSUME(t.OpenRound);
        let inner: s.Expression | undefined;
        const comments = this.within(open, () => {
          inner = this.commented(() => this.value(places.expression, () => this.SUBRULE(this.expression)));
          this.settleEnd(['an operator', '")"']);
        });
        this.CONSUME(t.CloseRound);
        const span = this.spanFrom(start);
        return this.ACTION(() => withTrivia<s.Group>({ kind: 'group', inner: inner ?? this.missing(), span }, comments));
      },
    },
    { ALT: () => this.SUBRULE(this.list) },
    { ALT: () => this.SUBRULE(this.record) },
  ];

  private readonly postfixes: IOrAlt<Postfix>[] = [
    { ALT: () => ({ call: this.SUBRULE(this.arguments) }) },
    { ALT: () => ({ subscripts: this.SUBRULE(this.subscripts) }) },
    {
      ALT: () => {
        this.CONSUME(t.Dot);
        return { member: this.name(this.CONSUME2(t.Name)) };
      },
    },
  ];

  private readonly operand: Rule<s.Expression> = this.rule('operand', () => {
    let node = this.OR<s.Expression>({ DEF: this.primaries, ERR_MSG: 'an expression' });
    this.MANY(() => {
      const part = this.OR2<Postfix>(this.postfixes);
      node = this.ACTION(() => this.postfix(node, part));
    });
    return node;
  });

  private readonly arguments: Rule<Bracketed<s.Argument>> = this.rule('arguments', () => {
    const elements: s.Argument[] = [];
    const open = this.CONSUME(t.OpenRound);
    const comments = this.within(open, () => {
      this.settle(places.expression, places.expression.begins);
      this.OPTION(() => {
        elements.push(this.commented(() => this.SUBRULE(this.argument)));
        this.others(t.CloseRound, () => elements.push(this.commented(() => this.SUBRULE2(this.argument))));
      });
    });
    this.CONSUME(t.CloseRound);
    return { elements, comments };
  });

  private readonly argument: Rule<s.Argument> = this.rule('argument', () => {
    const start = this.here();
    const name = this.OPTION({
      GATE: () => this.LA(2).tokenType === t.Colon,
      DEF: () => {
        const token = this.CONSUME(t.Name);
        this.CONSUME(t.Colon);
        return token;
      },
    });
    const value = this.value(places.expression, () => this.SUBRULE(this.expression));
    return this.ACTION((): s.Argument => {
      return { kind: 'argument', ...(name && { name: this.name(name) }), value, span: this.spanFrom(start) };
    });
  });

  private readonly subscripts: Rule<Bracketed<s.Expression | s.Range>> = this.rule('subscripts', () => {
    const elements: (s.Expression | s.Range)[] = [];
    const open = this.CONSUME(t.OpenSquare);
    const element = (parse: () => s.Expression | s.Range): void => {
      elements.push(this.commented<s.Expression | s.Range>(() => this.value(places.subscript, parse)));
    };
    const comments = this.within(open, () => {
      this.settle(places.subscript, places.subscript.begins);
      this.OPTION(() => {
        element(() => this.SUBRULE(this.subscript));
        this.settleSeparator(t.CloseSquare);
        this.MANY(() => {
          this.CONSUME(t.Comma);
          element(() => this.SUBRULE2(this.subscript));
          this.settleSeparator(t.CloseSquare);
        });
      });
    });
    this.CONSUME(t.CloseSquare);
    return { elements, comments };
  });

  private readonly subscript: Rule<s.Expression | s.Range> = this.rule('subscript', () => {
    const start = this.here();
    return this.OR<s.Expression | s.Range>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Dots);
            const to = this.SUBRULE(this.expression);
            return this.ACTION((): s.Range => ({ kind: 'range', to, span: this.spanFrom(start) }));
          },
        },
        {
          ALT: () => {
            const from = this.SUBRULE2(this.expression);
            let isRange = false;
            const to = this.OPTION(() => {
              this.CONSUME2(t.Dots);
              isRange = true;
              return this.OPTION2(() => this.SUBRULE3(this.expression));
            });
            return this.ACTION(() => {
              return isRange ? { kind: 'range', from, ...(to && { to }), span: this.spanFrom(start) } : from;
            });
          },
        },
      ],
      ERR_MSG: 'an expression',
    });
  });

  private readonly list: Rule<s.Expression> = this.rule('list', () => {
    const start = this.here();
    const elements: s.Expression[] = [];
    const open = this.CONSUME(t.OpenSquare);
    const element = (parse: () => s.Expression): void => {
      elements.push(this.commented(() => this.value(places.expression, parse)));
    };
    let loop: { readonly variable: s.Name; readonly over: s.Expression } | undefined;
    const comments = this.within(open, () => {
      this.settle(places.expression, places.expression.begins);
      this.OPTION(() => {
        element(() => this.SUBRULE(this.expression));
        this.settleSeparator(t.CloseSquare, t.For);
        this.OR([
          {
            ALT: () => {
              this.CONSUME(t.For);
              const variable = this.CONSUME(t.Name);
              this.CONSUME(t.In);
              const over = this.beforeWord(() => this.value(places.expression, () => this.SUBRULE2(this.expression)));
              this.settleEnd(['an operator', '"]"']);
              loop = { variable: this.name(variable), over };
            },
          },
          { ALT: () => this.others(t.CloseSquare, () => element(() => this.SUBRULE3(this.expression))) },
        ]);
      });
    });
    this.CONSUME(t.CloseSquare);
    return this.ACTION(() => {
      const span = this.spanFrom(start);
      const [first] = elements;
      const node: s.Expression =
        loop && first ? { kind: 'comprehension', element: first, ...loop, span } : { kind: 'list', elements, span };
      return withTrivia(node, comments);
    });
  });

  protected readonly record: Rule<s.RecordExpression> = this.rule('record', () => {
    const start = this.here();
    const entries: s.Entry[] = [];
    const open = this.CONSUME(t.OpenCurly);
    const comments = this.within(open, () => {
      this.settle(places.entry);
      this.MANY(() => {
        this.element(places.entry, entries, () => this.SUBRULE(this.entry));
        this.OPTION(() => this.CONSUME(t.Comma));
        this.settle(places.entry);
      });
    });
    this.CONSUME(t.CloseCurly);
    return this.ACTION(() => {
      const node: s.RecordExpression = { kind: 'record', entries, span: this.spanFrom(start) };
      return withTrivia(node, comments);
    });
  });

  protected readonly entry: Rule<s.Entry> = this.rule('entry', () => {
    const start = this.here();
    const name = this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    const value = this.whole(places.entry, () => this.SUBRULE(this.expression));
    const from = this.OPTION(() => {
      this.CONSUME(t.Equals);
      return this.whole(places.entry, () => this.SUBRULE2(this.expression));
    });
    return this.ACTION((): s.Entry => {
      return { kind: 'entry', name: this.name(name), value, ...(from && { from }), span: this.spanFrom(start) };
    });
  });

  /** `{ "," element } [ "," ]`: what follows the first element of a list. */
  protected others(closer: TokenType, parseNext: () => void): void {
    this.settleSeparator(closer);
    this.MANY8({
      GATE: () => !this.atEnd(2),
      DEF: () => {
        this.CONSUME8(t.Comma);
        parseNext();
        this.settleSeparator(closer);
      },
    });
    this.OPTION9(() => this.CONSUME9(t.Comma));
  }

  /** An element of a file, model, record or body; one that cannot be read is left out. */
  protected element<Node extends s.Documented>(place: Place, elements: Node[], parse: () => Node): void {
    const node = this.guarded<Node | undefined>(
      place,
      () => this.documented(parse),
      () => undefined,
    );
    if (node) elements.push(node);
  }

  /** A value that cannot be read is a missing one, so that its name is still declared. */
  protected value<Node>(place: Place, parse: () => Node): Node | s.Name {
    return this.guarded<Node | s.Name>(place, parse, (span) => this.missing(span));
  }

  /** The value of an entry, statement, property or parameter, whose tree may not be too high to walk. */
  protected whole(place: Place, parse: () => s.Expression): s.Expression {
    const value = this.value(place, parse);
    return this.ACTION(() => {
      const { start, end } = value.span;
      const deep = end - start > maxHeight ? deeperThan(value, maxHeight) : undefined;
      return deep ? this.tooDeep(deep.span) : value;
    });
  }

  private tooDeep(span: Span): s.Name {
    this.problems.push({ code: 'nesting-too-deep', span });
    return this.missing(span);
  }

  protected name(token: IToken): s.Name {
    return { kind: 'name', text: token.image, span: this.spanOf(token) };
  }

  private literal<Node>(token: IToken, read: (token: IToken) => Node): Node {
    return this.ACTION(() => read(token));
  }

  protected number(token: IToken): s.NumberLiteral {
    const { node, problems } = readNumber(token.image, this.spanOf(token));
    this.problems.push(...problems);
    return node;
  }

  protected string(token: IToken): s.StringLiteral {
    const { node, problems } = readString(token.image, this.spanOf(token), token.tokenType !== t.UnterminatedString);
    this.problems.push(...problems);
    return node;
  }

  /** `name:`, `y =` among statements, `section {` in a model: no operand, so something is missing before it. */
  private atNextElement(): boolean {
    const next = this.LA(2).tokenType;
    const depth = depthOf(this.LA(1));
    return (
      next === t.Colon ||
      (next === t.Equals && depth === this.bodyLevel) ||
      (next === t.OpenCurly && depth === 1 && this.bodyLevel < 0)
    );
  }

  private postfix(target: s.Expression, { call, subscripts, member }: Postfix): s.Expression {
    const span = this.spanFrom(target.span.start);
    if (member) return { kind: 'member', target, name: member, span };
    if (subscripts) {
      return withTrivia<s.Subscript>({ kind: 'subscript', target, subscripts: subscripts.elements, span }, subscripts.comments);
    }
    const node: s.Call = { kind: 'call', callee: target, arguments: call?.elements ?? [], span };
    return withTrivia(node, call?.comments ?? {});
  }

  /** An expression with the comment after it, on its line. */
  private beforeWord(parse: () => s.Expression): s.Expression {
    const node = parse();
    return this.ACTION(() => withTrivia(node, { trailing: this.trailingHere() }));
  }

  private withTrailing(operand: s.Expression): s.Expression {
    return this.ACTION(() => {
      return tokenMatcher(this.LA(1), t.InfixOperator) ? withTrivia(operand, { trailing: this.trailingHere() }) : operand;
    });
  }

  private readonly foldHost: FoldHost = {
    spanOf: (token) => this.spanOf(token),
    misplaced: (token, expected) => this.surpriseAt(token, expected),
  };

  private operation(terms: readonly Term[], operators: readonly IToken[]): s.Expression {
    const [only] = terms;
    if (only && terms.length === 1 && only.prefixes.length === 0) return only.operand;
    const folded = fold(terms, operators, this.foldHost);
    if (folded) return folded;
    const [start, end] = [terms[0], terms.at(-1)].map((term) => term?.operand.span);
    return this.tooDeep(start && end ? mergeSpans(start, end) : this.spanFrom(Infinity));
  }

  private conditional(clauses: readonly Clause[], last: s.Expression): s.Expression {
    this.hold(clauses[0]?.leading ?? []);
    return clauses.reduceRight<s.Expression>((otherwise, { start, leading, condition, then }, index) => {
      const node: s.If = { kind: 'if', condition, then, else: otherwise, span: this.spanFrom(start) };
      return index === 0 ? node : withTrivia(node, { leading });
    }, last);
  }
}
