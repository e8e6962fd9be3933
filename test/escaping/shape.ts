import ts from 'typescript';

const kinds = ts.SyntaxKind;

/** A name may be an identifier in one project and a string in another: `.name` and `["a name"]`, `name:` and `"a name":`. */
function kindOf(node: ts.Node): string {
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) return 'Member';
  if (ts.isPropertyAccessExpression(node)) return 'Member';
  if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) return 'Text';
  return kinds[node.kind];
}

function childrenOf(node: ts.Node): readonly ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    const isName = ts.isComputedPropertyName(child) && ts.isStringLiteralLike(child.expression);
    children.push(isName ? child.expression : child);
  });
  return children;
}

const known = new Map<string, string>();

/** The kinds of the nodes of a TypeScript file, with texts and names left out. @throws if it has an error of syntax */
export function typeScriptShape(path: string, text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, false);
  const { parseDiagnostics = [] } = file as { readonly parseDiagnostics?: readonly ts.Diagnostic[] };
  const [problem] = parseDiagnostics;
  if (problem !== undefined) throw new Error(`${path}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`);
  const parts: string[] = [];
  const visit = (node: ts.Node): void => {
    // Where prettier breaks a line it may add some.
    if (ts.isParenthesizedExpression(node)) return visit(node.expression);
    parts.push(kindOf(node), '(');
    childrenOf(node).forEach(visit);
    parts.push(')');
  };
  visit(file);
  const shape = parts.join('');
  // What is the same in every project is parsed once.
  if (known.size < 200) known.set(text, shape);
  return shape;
}

/** How a value of JSON is nested, its texts and numbers and the names of its fields left out. */
export function jsonShape(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.values(value).map(jsonShape);
}

/** HTML begins so; in code a reader of Markdown sees it as it is. */
const html = /<[A-Za-z/!?]/;

/** @throws if it has HTML outside of code that no backslash makes a text */
export function expectMarkdown(text: string): void {
  const blocks = text.replace(/^(`{3,})[^\n]*\n[^]*?^\1`*$/gm, '');
  const outside = blocks.replace(/\\[!-/:-@[-`{-~]|(?<!`)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '');
  const found = html.exec(outside);
  if (found !== null) throw new Error(`HTML in Markdown: ${outside.slice(found.index, found.index + 40)}`);
}
