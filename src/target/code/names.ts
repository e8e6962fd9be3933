/** Words that cannot name a variable, and names that everything inherits or generated code uses. */
const reserved: readonly string[] = [
  ...'arguments async await break case catch class const continue debugger default delete do else enum eval export extends'.split(
    ' ',
  ),
  ...'false finally for function get if implements import in instanceof interface let new null of package private'.split(' '),
  ...'protected public return set static super switch this throw true try type typeof undefined using var void while'.split(' '),
  ...'with yield Object Number String Math Map Set Array Error JSON Infinity NaN globalThis tf'.split(' '),
  ...Object.getOwnPropertyNames(Object.prototype),
];

/** Makes identifiers in camel case of any texts: a new one each time it is asked. */
export type Names = (wanted: string) => string;

export function createNames(taken: Iterable<string> = []): Names {
  const used = new Set([...reserved, ...taken]);
  return (wanted) => {
    const base = camelCase(wanted);
    let name = base;
    for (let i = 2; used.has(name); i++) name = `${base}${/\d$/.test(base) ? '_' : ''}${String(i)}`;
    used.add(name);
    return name;
  };
}

/** One name for each key, the same whenever it is asked for. */
export function nameTable(
  keys: Iterable<string>,
  names: Names = createNames(),
  wanted: (key: string) => string = (key) => key,
): (key: string) => string {
  const table = new Map<string, string>();
  for (const key of keys) if (!table.has(key)) table.set(key, names(wanted(key)));
  return (key) => {
    const found = table.get(key);
    if (found === undefined) throw new Error(`${JSON.stringify(key)} has no name`);
    return found;
  };
}

/** `cross.0.weight` → `cross0Weight`, `user_id` → `userId`, `U` → `u`. */
function camelCase(text: string): string {
  const words = text.match(/[A-Za-z0-9]+/g) ?? ['value'];
  const joined = words.map((word, i) => (i === 0 ? lowerFirst(word) : word.charAt(0).toUpperCase() + word.slice(1))).join('');
  return /^\d/.test(joined) ? `n${joined}` : joined;
}

function lowerFirst(word: string): string {
  return word === word.toUpperCase() ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1);
}
