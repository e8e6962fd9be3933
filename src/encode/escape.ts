/** A SQL string literal (DuckDB). NUL, which would end the statement, is spliced in as `chr(0)`. */
export function sqlString(text: string): string {
  const parts = text.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? parts.join('') : `(${parts.join(' || chr(0) || ')})`;
}

/** A quoted SQL identifier. NUL cannot stand in one: it becomes U+FFFD, which names no column. */
export function sqlIdentifier(name: string): string {
  return `"${name.replaceAll('\0', '\ufffd').replaceAll('"', '""')}"`;
}

/** A DOUBLE literal: with an exponent, since DuckDB reads 0.1 as DECIMAL. Finite numbers only. */
export function sqlNumber(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  const literal = text.includes('e') ? text : `${text}e0`;
  return literal.startsWith('-') ? `(${literal})` : literal;
}

/** A TypeScript string literal in double quotes, also safe inside a `<script>`. */
export function typeScriptString(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029\u007f-\u009f<]/g, escapeUnit);
}

/** A property name of an object type or literal: bare if it can be, `__proto__` computed so that it is an own property. */
export function typeScriptProperty(name: string): string {
  if (name === '__proto__') return '["__proto__"]';
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : typeScriptString(name);
}

/** Text for the inside of a TypeScript comment, whose end it cannot contain; lines are kept, control characters are not. */
export function typeScriptComment(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, ' ')
    .replaceAll('*/', '*\\/');
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
