import type { Span } from './source.js';

/** A `//` comment: text after the two slashes as written, and whether it stood on a line of its own. */
export interface Comment {
  readonly text: string;
  readonly ownLine: boolean;
  readonly span: Span;
}

/**
 * Comments that travel with a node: an item, entry, statement, parameter, argument, list element, subscript, operand, branch of a
 * condition or imported name. A comment elsewhere belongs to the next such node around it.
 */
export interface Trivia {
  readonly leading: readonly Comment[];
  readonly trailing: readonly Comment[];
  /** The comment after the opening bracket, on its line, if elements follow. */
  readonly opening?: readonly Comment[];
  /** Comments before the closing bracket, after the last element. */
  readonly inner?: readonly Comment[];
}

interface NodeBase {
  readonly span: Span;
  readonly trivia?: Trivia;
}

export interface Documented extends NodeBase {
  /** Text of the `///` lines before it, joined by newlines. */
  readonly doc?: string;
}

/**
 * A name; its text is empty where a name or an expression is missing or could not be read.
 * The parser has reported that already, so whoever meets it stays silent.
 */
export interface Name extends NodeBase {
  readonly kind: 'name';
  readonly text: string;
}

export interface File extends NodeBase {
  readonly kind: 'file';
  readonly edition?: NumberLiteral;
  readonly items: readonly Declaration[];
}

export type Declaration = Import | Model | Block;

export interface Import extends Documented {
  readonly kind: 'import';
  readonly names: readonly Name[];
  readonly from: StringLiteral;
}

export interface Model extends Documented {
  readonly kind: 'model';
  readonly name: Name;
  readonly extends?: Name;
  readonly items: readonly Item[];
}

export type Item = Label | Network | Section | Property;

/** `label liked: binary = rating >= 4` */
export interface Label extends Documented {
  readonly kind: 'label';
  readonly entry: Entry;
}

export interface Network extends Documented {
  readonly kind: 'network';
  readonly keyword: Span;
  readonly body: Body;
}

/** `features { … }` */
export interface Section extends Documented {
  readonly kind: 'section';
  readonly name: Name;
  readonly record: RecordExpression;
}

/** `combine: parallel` */
export interface Property extends Documented {
  readonly kind: 'property';
  readonly name: Name;
  readonly value: Expression;
}

/** `name: value` or `name: value = from` */
export interface Entry extends Documented {
  readonly kind: 'entry';
  readonly name: Name;
  readonly value: Expression;
  readonly from?: Expression;
}

export interface Block extends Documented {
  readonly kind: 'block';
  /** Says `override`: it stands for the library's block of its name. */
  readonly overrides?: true;
  readonly name: Name;
  readonly parameters: readonly Parameter[];
  readonly result?: TypeExpression;
  readonly body: Body;
}

export interface Parameter extends Documented {
  readonly kind: 'parameter';
  readonly name: Name;
  readonly type: TypeExpression;
  readonly default?: Expression;
}

/** `vector[k][]` is name `vector`, brackets `[[k], []]`; `function` has none. */
export interface TypeExpression extends NodeBase {
  readonly kind: 'type';
  readonly name: Name;
  readonly brackets: readonly (readonly Expression[])[];
}

export interface Body extends NodeBase {
  readonly statements: readonly Statement[];
}

export type Statement = Assign | IndexedAssign | MemberAssign | Repeat | For | Return;

/** `x = …`; `p, q = …` takes a list apart. */
export interface Assign extends Documented {
  readonly kind: 'assign';
  readonly targets: readonly Name[];
  readonly value: Expression;
}

/** `y[i, j] = …` */
export interface IndexedAssign extends Documented {
  readonly kind: 'indexed-assign';
  readonly target: Name;
  readonly indices: readonly Name[];
  readonly value: Expression;
}

/** `liked.loss = …` */
export interface MemberAssign extends Documented {
  readonly kind: 'member-assign';
  readonly target: Name;
  readonly member: Name;
  readonly value: Expression;
}

export interface Repeat extends Documented {
  readonly kind: 'repeat';
  readonly count: Expression;
  readonly body: Body;
}

export interface For extends Documented {
  readonly kind: 'for';
  readonly variable: Name;
  readonly over: Expression;
  readonly body: Body;
}

export interface Return extends Documented {
  readonly kind: 'return';
  readonly value: Expression;
}

/** True for the empty name that stands where the parser found nothing it could read. */
export function isMissing(expression: Expression): boolean {
  return expression.kind === 'name' && expression.text === '';
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | BooleanLiteral
  | Name
  | Hole
  | Group
  | ListExpression
  | Comprehension
  | RecordExpression
  | Call
  | Subscript
  | Member
  | Unary
  | Binary
  | If;

export interface NumberLiteral extends NodeBase {
  readonly kind: 'number';
  readonly value: number;
  /** As written: `1_000`, `1e-3`. */
  readonly text: string;
}

export interface StringLiteral extends NodeBase {
  readonly kind: 'string';
  /** With escapes resolved. */
  readonly value: string;
}

export interface BooleanLiteral extends NodeBase {
  readonly kind: 'boolean';
  readonly value: boolean;
}

/** `_` */
export interface Hole extends NodeBase {
  readonly kind: 'hole';
}

/** `( … )`, kept so that the printer writes what was written. */
export interface Group extends NodeBase {
  readonly kind: 'group';
  readonly inner: Expression;
}

export interface ListExpression extends NodeBase {
  readonly kind: 'list';
  readonly elements: readonly Expression[];
}

/** `[e for x in xs]` */
export interface Comprehension extends NodeBase {
  readonly kind: 'comprehension';
  readonly element: Expression;
  readonly variable: Name;
  readonly over: Expression;
}

export interface RecordExpression extends NodeBase {
  readonly kind: 'record';
  readonly entries: readonly Entry[];
}

export interface Call extends NodeBase {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly arguments: readonly Argument[];
}

export interface Argument extends NodeBase {
  readonly kind: 'argument';
  readonly name?: Name;
  readonly value: Expression;
}

/** `x[i, 2, ..3]`; also `category[]` and `sum[i]`. */
export interface Subscript extends NodeBase {
  readonly kind: 'subscript';
  readonly target: Expression;
  readonly subscripts: readonly (Expression | Range)[];
}

/** `a..b`, `a..`, `..b` */
export interface Range extends NodeBase {
  readonly kind: 'range';
  readonly from?: Expression;
  readonly to?: Expression;
}

export interface Member extends NodeBase {
  readonly kind: 'member';
  readonly target: Expression;
  readonly name: Name;
}

export interface Unary extends NodeBase {
  readonly kind: 'unary';
  readonly operator: '-' | 'not';
  readonly operand: Expression;
}

export type BinaryOperator = 'or' | 'and' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%' | '@';

export interface Binary extends NodeBase {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
}

export interface If extends NodeBase {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly then: Expression;
  readonly else: Expression;
}
