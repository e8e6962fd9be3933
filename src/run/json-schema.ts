/** A JSON Schema (draft-07), or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema for each field of a record, by its name; with `?` behind it if it may be missing. */
export type Fields<T> = {
  readonly [K in keyof T & string as Partial<Pick<T, K>> extends Pick<T, K> ? `${K}?` : K]: Schema;
};

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
export const number: Schema = { type: 'number' };
export const numberOrNull: Schema = { type: ['number', 'null'] };
export const count: Schema = { type: 'integer', minimum: 0 };
export const positive: Schema = { type: 'integer', minimum: 1 };
export const oneOf = (...values: readonly string[]): Schema => ({ enum: values });
export const listOf = (items: Schema): Schema => ({ type: 'array', items });
export const mapOf = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });
export const reference = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

/** A record with these fields, those of `T` if it is given. Others may be there: a newer version of reccompile may write more. */
export const record = <T = never>(fields: [T] extends [never] ? Readonly<Record<string, Schema>> : Fields<T>): Schema => {
  const all = Object.entries<Schema>(fields);
  return {
    type: 'object',
    properties: Object.fromEntries(all.map(([name, schema]) => [name.replace(/\?$/, ''), schema])),
    required: all.map(([name]) => name).filter((name) => !name.endsWith('?')),
  };
};

/** A union of records, told apart by `kind`. */
export const byKind = (kinds: Readonly<Record<string, Readonly<Record<string, Schema>>>>): Schema => ({
  type: 'object',
  discriminator: { propertyName: 'kind' },
  required: ['kind'],
  oneOf: Object.entries(kinds).map(([kind, fields]) => record({ kind: { const: kind }, ...fields })),
});

/** A schema of a whole file or output, as it is published. */
export const published = (title: string, description: string, schema: Schema): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title,
  description,
  ...schema,
});
