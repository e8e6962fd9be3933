/** Longer names, which only a hostile spec has, are cut. */
const longest = 120;

/**
 * Names of nodes made of any texts, each once. TensorFlow allows letters, digits and `_ . / -` in them, and TensorFlow.js keeps nodes
 * in plain objects and reads `:` as the number of an output. Each has a `.` or a `/` near its beginning, which no property of every
 * object has: inputs and outputs by their own names, all others by the prefix.
 */
export function createNodeNames(): (prefix: '' | 'weight/' | 'constant/' | 'op/', wanted: string) => string {
  const used = new Set<string>();
  const next = new Map<string, number>();
  return (prefix, wanted) => {
    const base = prefix + wanted.slice(0, longest).replace(/[^A-Za-z0-9_./-]/g, '_');
    let count = next.get(base) ?? 0;
    let name = base;
    for (; used.has(name); count++) name = `${base}_${String(count + 1)}`;
    next.set(base, count);
    used.add(name);
    return name;
  };
}
