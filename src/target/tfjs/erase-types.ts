/** A module of TypeScript as pages and bundlers load it. */
export interface ErasedModule {
  readonly javaScript: string;
  /** The content of its `.d.ts`. */
  readonly declarations: string;
}

/** A node of the syntax tree that prettier's parser gives, as far as it is looked at. */
interface SyntaxNode {
  readonly type: string;
  readonly range: readonly [from: number, to: number];
  readonly [key: string]: unknown;
}

interface SyntaxTree extends SyntaxNode {
  readonly body: readonly SyntaxNode[];
  readonly comments: readonly SyntaxNode[];
}

type Range = SyntaxNode['range'];

/**
 * Takes the types out of a module that this compiler has written: interfaces, type aliases, annotations, type parameters and arguments,
 * `as` and `!`. It knows nothing of TypeScript that leaves code behind, as enums do, and throws for it.
 */
export async function eraseTypes(typeScript: string): Promise<ErasedModule> {
  const { parsers } = await import('prettier/plugins/typescript');
  const parse = parsers.typescript.parse as (text: string, options: { readonly filepath: string }) => SyntaxTree;
  const tree = parse(typeScript, { filepath: 'module.ts' });
  const text = ([from, to]: Range): string => typeScript.slice(from, to);
  const withComment = ({ range: [from, to] }: SyntaxNode): Range => {
    const comment = tree.comments.find(({ range }) => range[1] <= from && text([range[1], from]).trim() === '');
    return [comment?.range[0] ?? from, to];
  };
  const erased = tree.body.flatMap((node) => (isType(node) ? [withComment(node)] : rangesOfTypes(node)));
  const declarations = tree.body.flatMap((node) => {
    if (node.type !== 'ExportNamedDeclaration') return [];
    if (isType(node)) return [text(withComment(node))];
    const [from] = withComment(node);
    const declared = node.declaration as SyntaxNode;
    if (declared.type !== 'FunctionDeclaration') throw new Error(`a module cannot export a ${declared.type}`);
    const body = declared.body as SyntaxNode;
    return [`${text([from, declared.range[0]])}declare ${text([declared.range[0], body.range[0]]).trimEnd()};`];
  });
  return { javaScript: without(typeScript, erased), declarations: `${declarations.join('\n\n')}\n` };
}

const isType = (node: SyntaxNode): boolean =>
  node.type === 'TSInterfaceDeclaration' ||
  node.type === 'TSTypeAliasDeclaration' ||
  (node.type === 'ExportNamedDeclaration' && node.exportKind === 'type');

function rangesOfTypes(node: SyntaxNode): readonly Range[] {
  const [from, to] = node.range;
  switch (node.type) {
    case 'TSTypeAnnotation':
    case 'TSTypeParameterDeclaration':
    case 'TSTypeParameterInstantiation':
      return [node.range];
    case 'TSAsExpression':
    case 'TSNonNullExpression': {
      const expression = node.expression as SyntaxNode;
      return [...rangesOfTypes(expression), [expression.range[1], to]];
    }
    case 'Identifier':
      // The range of a parameter is that of its annotation and question mark too.
      return [[from + String(node.name).length, to]];
    default:
      if (node.type.startsWith('TS')) throw new Error(`a module cannot have a ${node.type}`);
      return Object.values(node).flatMap((value) => nodesIn(value).flatMap(rangesOfTypes));
  }
}

const nodesIn = (value: unknown): readonly SyntaxNode[] => (Array.isArray(value) ? value : [value]).filter(isNode);

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'range' in value;

function without(text: string, ranges: readonly Range[]): string {
  let at = 0;
  const kept = [...ranges]
    .sort(([a], [b]) => a - b)
    .map(([from, to]) => {
      const piece = text.slice(at, Math.max(at, from));
      at = Math.max(at, to);
      return piece;
    });
  return kept.join('') + text.slice(at);
}
