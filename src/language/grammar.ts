import { withTrivia } from './comments.js';
import { newestEdition } from './edition.js';
import { ExpressionGrammar } from './expression-grammar.js';
import { places, type Rule } from './recovery.js';
import type * as s from './syntax.js';
import * as t from './tokens.js';

interface Target {
  readonly indices?: readonly s.Name[];
  readonly member?: s.Name;
  readonly others?: readonly s.Name[];
}

/** The grammar of .rec, a property for each rule; actions make the syntax tree. */
export class Grammar extends ExpressionGrammar {
  /** What has been read so far, also when the parser gives up on the rest of a file. */
  declared: s.Declaration[] = [];

  constructor(validate: boolean) {
    super(validate);
    this.performSelfAnalysis();
  }

  readonly file: Rule<s.File> = this.rule('file', () => {
    this.declared = [];
    const edition = this.OPTION(() =>
      this.guarded<s.NumberLiteral | undefined>(
        places.declaration,
        () => this.commented(() => this.SUBRULE(this.edition)),
        () => undefined,
      ),
    );
    this.settle(places.declaration);
    this.MANY(() => {
      this.unlessUnchanged(this.declared, () => {
        this.element<s.Declaration>(places.declaration, this.declared, () =>
          this.OR<s.Declaration>([
            { ALT: () => this.SUBRULE(this.import) },
            { ALT: () => this.SUBRULE(this.model) },
            { ALT: () => this.SUBRULE(this.block) },
          ]),
        );
      });
      this.settle(places.declaration);
    });
    return this.ACTION(() => this.fileOf(edition));
  });

  private readonly edition: Rule<s.NumberLiteral> = this.rule('edition', () => {
    this.CONSUME(t.Edition);
    const number = this.CONSUME(t.NumberToken);
    return this.ACTION(() => {
      const node = this.number(number);
      if (node.value !== newestEdition) {
        this.problems.push({ code: 'unknown-edition', span: node.span, found: node.text, expected: [String(newestEdition)] });
      }
      return node;
    });
  });

  private readonly import: Rule<s.Import> = this.rule('import', () => {
    const start = this.here();
    const names: s.Name[] = [];
    this.CONSUME(t.Import);
    const open = this.CONSUME(t.OpenCurly);
    const comments = this.within(open, () => {
      this.settle(places.name, places.name.begins);
      names.push(this.commented(() => this.name(this.CONSUME(t.Name))));
      this.others(t.CloseCurly, () => {
        names.push(this.commented(() => this.value(places.name, () => this.name(this.CONSUME2(t.Name)))));
      });
    });
    this.CONSUME(t.CloseCurly);
    this.CONSUME(t.From);
    const from = this.CONSUME(t.StringToken);
    return this.ACTION(() => {
      return withTrivia<s.Import>({ kind: 'import', names, from: this.string(from), span: this.spanFrom(start) }, comments);
    });
  });

  private readonly model: Rule<s.Model> = this.rule('model', () => {
    const start = this.here();
    const items: s.Item[] = [];
    this.CONSUME(t.Model);
    const name = this.value(places.opening, () => this.name(this.CONSUME(t.Name)));
    const base = this.OPTION(() => {
      this.CONSUME(t.Extends);
      return this.value(places.opening, () => this.name(this.CONSUME2(t.Name)));
    });
    this.settle(places.opening, places.opening.resumes, base ? ['"{"'] : ['"extends"', '"{"']);
    const open = this.CONSUME(t.OpenCurly);
    const comments = this.within(open, () => {
      this.settle(places.item);
      this.MANY(() => {
        this.element(places.item, items, () => this.SUBRULE(this.item));
        this.settle(places.item);
      });
    });
    this.CONSUME(t.CloseCurly);
    return this.ACTION(() => {
      const extended = base && { extends: base };
      return withTrivia<s.Model>({ kind: 'model', name, ...extended, items, span: this.spanFrom(start) }, comments);
    });
  });

  private readonly item: Rule<s.Item> = this.rule('item', () => {
    const start = this.here();
    return this.OR<s.Item>([
      {
        ALT: () => {
          this.CONSUME(t.Label);
          const entry = this.SUBRULE(this.entry);
          return this.ACTION((): s.Label => ({ kind: 'label', entry, span: this.spanFrom(start) }));
        },
      },
      {
        ALT: () => {
          const keyword = this.CONSUME(t.Network);
          const body = this.SUBRULE(this.body);
          return this.ACTION((): s.Network => {
            this.checkReturns(body, false);
            return { kind: 'network', keyword: this.spanOf(keyword), body, span: this.spanFrom(start) };
          });
        },
      },
      {
        ALT: () => {
          const name = this.CONSUME(t.Identifier);
          return this.OR2<s.Item>({
            DEF: [
              {
                ALT: () => {
                  const record = this.SUBRULE(this.record);
                  return this.ACTION((): s.Section => {
                    return { kind: 'section', name: this.name(name), record, span: this.spanFrom(start) };
                  });
                },
              },
              {
                ALT: () => {
                  this.CONSUME(t.Colon);
                  const value = this.whole(places.item, () => this.SUBRULE(this.expression));
                  return this.ACTION((): s.Property => {
                    return { kind: 'property', name: this.name(name), value, span: this.spanFrom(start) };
                  });
                },
              },
            ],
            ERR_MSG: '":"\n"{"',
          });
        },
      },
    ]);
  });

  private readonly block: Rule<s.Block> = this.rule('block', () => {
    const start = this.here();
    const parameters: s.Parameter[] = [];
    const overrides = this.OPTION3(() => this.CONSUME(t.Override));
    this.CONSUME(t.Block);
    const name = this.value(places.list, () => this.name(this.CONSUME(t.Name)));
    const open = this.CONSUME(t.OpenRound);
    const comments = this.within(open, () => {
      this.settle(places.name, places.name.begins);
      this.OPTION(() => {
        this.element(places.name, parameters, () => this.SUBRULE(this.parameter));
        this.others(t.CloseRound, () => this.element(places.name, parameters, () => this.SUBRULE2(this.parameter)));
      });
    });
    this.CONSUME(t.CloseRound);
    const result = this.OPTION2(() => {
      this.CONSUME(t.Arrow);
      return this.guarded<s.TypeExpression | undefined>(
        places.opening,
        () => this.SUBRULE(this.type),
        () => undefined,
      );
    });
    this.settle(places.opening, places.opening.resumes, result ? ['"{"'] : ['"->"', '"{"']);
    const body = this.SUBRULE(this.body);
    return this.ACTION(() => {
      this.checkReturns(body, true);
      return withTrivia<s.Block>(
        {
          kind: 'block',
          ...(overrides && { overrides: true }),
          name,
          parameters,
          ...(result && { result }),
          body,
          span: this.spanFrom(start),
        },
        comments,
      );
    });
  });

  private readonly parameter: Rule<s.Parameter> = this.rule('parameter', () => {
    const start = this.here();
    const name = this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    const type = this.SUBRULE(this.type);
    const value = this.OPTION(() => {
      this.CONSUME(t.Equals);
      return this.whole(places.name, () => this.SUBRULE(this.expression));
    });
    return this.ACTION((): s.Parameter => {
      return { kind: 'parameter', name: this.name(name), type, ...(value && { default: value }), span: this.spanFrom(start) };
    });
  });

  private readonly type: Rule<s.TypeExpression> = this.rule('type', () => {
    const start = this.here();
    const name = this.CONSUME(t.Name);
    const brackets: (readonly s.Expression[])[] = [];
    this.MANY(() => brackets.push(this.SUBRULE(this.sizes)));
    return this.ACTION((): s.TypeExpression => ({ kind: 'type', name: this.name(name), brackets, span: this.spanFrom(start) }));
  });

  private readonly sizes: Rule<readonly s.Expression[]> = this.rule('sizes', () => {
    const sizes: s.Expression[] = [];
    const open = this.CONSUME(t.OpenSquare);
    const size = (parse: () => s.Expression): void => {
      sizes.push(this.commented(() => this.value(places.expression, parse)));
    };
    const comments = this.within(open, () => {
      this.settle(places.expression, places.expression.begins);
      this.OPTION(() => {
        size(() => this.SUBRULE(this.expression));
        this.settleSeparator(t.CloseSquare);
        this.MANY(() => {
          this.CONSUME(t.Comma);
          size(() => this.SUBRULE2(this.expression));
          this.settleSeparator(t.CloseSquare);
        });
      });
    });
    this.hold([...comments.opening, ...comments.inner]);
    this.CONSUME(t.CloseSquare);
    return sizes;
  });

  private readonly body: Rule<s.Body> = this.rule('body', () => {
    const start = this.here();
    const statements: s.Statement[] = [];
    const open = this.CONSUME(t.OpenCurly);
    const read = (): void => {
      this.settle(places.statement);
      this.MANY(() => {
        this.element(places.statement, statements, () => this.SUBRULE(this.statement));
        this.settle(places.statement);
      });
    };
    const comments = this.within(open, read, true);
    this.CONSUME(t.CloseCurly);
    return this.ACTION(() => withTrivia<s.Body>({ statements, span: this.spanFrom(start) }, comments));
  });

  private readonly statement: Rule<s.Statement> = this.rule('statement', () => {
    const start = this.here();
    return this.OR<s.Statement>([
      {
        ALT: () => {
          this.CONSUME(t.Return);
          const value = this.whole(places.statement, () => this.SUBRULE(this.expression));
          return this.ACTION((): s.Return => ({ kind: 'return', value, span: this.spanFrom(start) }));
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Repeat);
          const count = this.SUBRULE2(this.expression);
          const body = this.SUBRULE(this.body);
          return this.ACTION((): s.Repeat => {
            this.checkReturns(body, false);
            return { kind: 'repeat', count, body, span: this.spanFrom(start) };
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.For);
          const variable = this.CONSUME(t.Name);
          this.CONSUME(t.In);
          const over = this.SUBRULE3(this.expression);
          const body = this.SUBRULE2(this.body);
          return this.ACTION((): s.For => {
            this.checkReturns(body, false);
            return { kind: 'for', variable: this.name(variable), over, body, span: this.spanFrom(start) };
          });
        },
      },
      {
        ALT: () => {
          const name = this.CONSUME2(t.Name);
          const target = this.OR2<Target>([
            { ALT: () => ({ indices: this.SUBRULE(this.indices) }) },
            {
              ALT: () => {
                this.CONSUME(t.Dot);
                return { member: this.name(this.CONSUME3(t.Name)) };
              },
            },
            { ALT: () => ({ others: this.SUBRULE(this.targets) }) },
          ]);
          this.CONSUME(t.Equals, { ERR_MSG: '"="' });
          const value = this.whole(places.statement, () => this.SUBRULE4(this.expression));
          return this.ACTION(() => this.assignment(this.name(name), target, value, start));
        },
      },
    ]);
  });

  private readonly indices: Rule<readonly s.Name[]> = this.rule('indices', () => {
    const names: s.Name[] = [];
    const open = this.CONSUME(t.OpenSquare);
    const comments = this.within(open, () => {
      this.settle(places.name, places.name.begins);
      names.push(this.name(this.CONSUME(t.Name)));
      this.settleSeparator(t.CloseSquare);
      this.MANY(() => {
        this.CONSUME(t.Comma);
        names.push(this.value(places.name, () => this.name(this.CONSUME2(t.Name))));
        this.settleSeparator(t.CloseSquare);
      });
    });
    this.hold([...comments.opening, ...comments.inner]);
    this.CONSUME(t.CloseSquare);
    return names;
  });

  private readonly targets: Rule<readonly s.Name[]> = this.rule('targets', () => {
    const names: s.Name[] = [];
    this.MANY(() => {
      this.CONSUME(t.Comma);
      names.push(this.name(this.CONSUME(t.Name)));
    });
    return names;
  });

  /** The file as far as it has been read. */
  fileOf(edition?: s.NumberLiteral): s.File {
    const span = { source: this.source, start: 0, end: this.source.text.length };
    const file: s.File = { kind: 'file', ...(edition && { edition }), items: this.declared, span };
    return withTrivia(file, { inner: this.commentsHere() });
  }

  private assignment(name: s.Name, target: Target, value: s.Expression, start: number): s.Statement {
    const span = this.spanFrom(start);
    const { indices, member, others = [] } = target;
    if (indices) return { kind: 'indexed-assign', target: name, indices, value, span };
    if (member) return { kind: 'member-assign', target: name, member, value, span };
    return { kind: 'assign', targets: [name, ...others], value, span };
  }

  /** `return` stands last in a block and nowhere else. */
  private checkReturns(body: s.Body, mayEnd: boolean): void {
    body.statements.forEach((statement, index) => {
      if (statement.kind !== 'return') return;
      const next = body.statements[index + 1];
      if (!next && mayEnd) return;
      const { source, start } = statement.span;
      const span = { source, start, end: start + 'return'.length };
      this.problems.push({ code: 'return-not-last', span, found: '"return"', ...(next && { related: next.span }) });
    });
  }
}
