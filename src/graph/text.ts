import type { Graph, Node, OpName } from './graph.js';
import { opOf } from './ops/index.js';
import { foldRepeats } from './repeats.js';
import { printShape } from './shapes.js';

/** The text form: a line for each node, `%12 = matmul(%3, %7) transposeB : [rows, 192]`, then one for each output. */
export function printGraph(graph: Graph): string {
  return joined(linesOf(graph));
}

/** The text form with the turns of a repeat written once. */
export function printFoldedGraph(graph: Graph): string {
  return joined(foldRepeats(linesOf(graph)));
}

function linesOf(graph: Graph): string[] {
  const outputs = Object.entries(graph.outputs).map(([name, id]) => `output ${JSON.stringify(name)} = %${String(id)}`);
  return [...graph.nodes.map(printNode), ...outputs];
}

function joined(lines: readonly string[]): string {
  return lines
    .map(
      (line) => `${line}
`,
    )
    .join('');
}

function printNode(node: Node): string {
  const operands = node.inputs.length > 0 ? `(${node.inputs.map((id) => `%${String(id)}`).join(', ')})` : '';
  const attributes = attributesOf(node);
  return `%${String(node.id)} = ${node.kind}${operands}${attributes && ` ${attributes}`} : ${printShape(node.shape)}`;
}

function attributesOf<K extends OpName>(node: Node<K>): string {
  return opOf<K>(node.kind).text(node);
}
