import { decodeModel, type AttributeProto } from './proto.js';

/**
 * A model's nodes, one a line, each with its result, operands and attributes, and what it was written for: an op of the graph, or the
 * rule of `rewrites.ts` that chose the kernel.
 */
export function printOnnx(bytes: Uint8Array): string {
  const { node, initializer } = decodeModel(bytes).graph;
  const sizes = new Map(initializer.map(({ name, dims }) => [name, `${name}:[${dims.join(', ')}]`]));
  const lines = node.map(({ input, output, op_type: op, attribute, name }) => {
    const operands = input.map((one) => sizes.get(one) ?? one).join(', ');
    const attributes = attribute.map((one) => ` ${one.name}=${valueOf(one)}`).join('');
    return `${output.join(', ')} = ${op}(${operands})${attributes} # ${name.slice(0, name.lastIndexOf(' '))}\n`;
  });
  return lines.join('');
}

const valueOf = ({ f, i, s, ints }: AttributeProto): string => {
  if (s !== undefined && s.length > 0) return new TextDecoder().decode(s);
  return ints !== undefined && ints.length > 0 ? `[${ints.join(', ')}]` : String(f ?? i ?? '');
};
