import { createBuilder } from '../builder.js';
import type { Graph, Node, NodeId } from '../graph.js';
import { flattenStacks } from './flatten-stacks.js';
import { live, mapOutputs, type Pass } from './pass.js';

/** Where the rows of a site stand in an input of several: columns `offset` … of `rows.<input>`, [rows, width]. */
export interface RowsPlace {
  readonly input: string;
  readonly offset: number;
  readonly width: number;
}

export interface JoinedRows {
  readonly graph: Graph;
  /** By site. */
  readonly places: ReadonlyMap<string, RowsPlace>;
}

const ROWS = 'rows.';
const GRADIENT = 'gradient.';

/** Rows of these widths can be written four numbers at a time without touching their neighbours. */
const multiple = 4;

interface Member {
  readonly site: string;
  readonly width: number;
}

/** The site whose rows a node is, if they are vectors that can be joined. */
const memberOf = (node: Node | undefined): Member | undefined => {
  if (node?.kind !== 'input' || !node.name.startsWith(ROWS) || node.shape.length !== 2) return undefined;
  const [, width] = node.shape;
  return typeof width === 'number' && width % multiple === 0 ? { site: node.name.slice(ROWS.length), width } : undefined;
};

/** Neighbours in a concat, each in one group: all with a gradient, or all without. */
const groupsOf = (graph: Graph): readonly (readonly Member[])[] => {
  const groups: Member[][] = [];
  const taken = new Set<string>();
  const hasGradient = ({ site }: Member): boolean => `${GRADIENT}${ROWS}${site}` in graph.outputs;
  for (const node of graph.nodes) {
    if (node.kind !== 'concat' || node.axis !== 1) continue;
    let group: Member[] = [];
    const close = (): void => {
      if (group.length > 1) groups.push(group);
      else group.forEach(({ site }) => taken.delete(site));
      group = [];
    };
    for (const id of node.inputs) {
      const member = memberOf(graph.nodes[id]);
      const [first] = group;
      if (member === undefined || taken.has(member.site) || (first && hasGradient(first) !== hasGradient(member))) close();
      if (member === undefined || taken.has(member.site)) continue;
      taken.add(member.site);
      group.push(member);
    }
    close();
  }
  return groups;
};

/**
 * Sites that the network concatenates become one input, and their gradients one output: the host gathers rows into their columns, so
 * that the engine need neither put them together nor take their gradients apart.
 */
export const joinRows = (source: Graph): JoinedRows => {
  const graph = flattenStacks.run(source);
  const places = new Map<string, RowsPlace>();
  const joints = groupsOf(graph).map((members) => {
    const input = members.map(({ site }) => site).join('+');
    const width = members.reduce((sum, member) => sum + member.width, 0);
    let offset = 0;
    for (const member of members) {
      places.set(member.site, { input, offset, width });
      offset += member.width;
    }
    return { input, width, members };
  });
  if (joints.length === 0) return { graph: source, places };
  const b = createBuilder();
  const copies = new Map<NodeId, NodeId>();
  const to = (id: NodeId): NodeId => copies.get(id) ?? id;
  for (const node of graph.nodes) {
    const member = memberOf(node);
    const place = member && places.get(member.site);
    if (member && place) {
      const joint = b.input(ROWS + place.input, ['rows', place.width]);
      copies.set(node.id, b.slice(joint, 1, place.offset, place.offset + member.width));
    } else copies.set(node.id, b.copy(node, node.inputs.map(to)));
  }
  const outputs = mapOutputs(graph, to);
  const kept = Object.entries(outputs).filter(
    ([name]) => !places.has(name.slice(GRADIENT.length + ROWS.length)) || !name.startsWith(GRADIENT + ROWS),
  );
  const gradients = joints.flatMap(({ input, members }): [string, NodeId][] => {
    const all = members.flatMap(({ site }) => outputs[`${GRADIENT}${ROWS}${site}`] ?? []);
    return all.length === 0 ? [] : [[`${GRADIENT}${ROWS}${input}`, b.concat(all, 1)]];
  });
  return { graph: flattenStacks.run(live(b.finish(Object.fromEntries([...kept, ...gradients])))), places };
};

export const joinRowsPass: Pass = { name: 'join-rows', run: (graph) => joinRows(graph).graph };
