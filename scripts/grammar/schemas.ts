import { outputSchemas } from '../../src/cli/json-outputs.js';
import { runSchemas } from '../../src/run/schemas.js';

/** The JSON Schema of everything that is printed or written as JSON, by the name of its file. */
export const schemas: ReadonlyMap<string, object> = new Map(
  Object.entries({ ...runSchemas, ...outputSchemas }).map(([name, schema]) => [`schemas/${name}.schema.json`, schema]),
);
