import type { CheckedModel } from '../model/model.js';
import { columnReads } from './expressions/columns.js';
import { encoderProgram } from './compile.js';
import type { CategoryEncoder, EncoderProgram, FeatureEncoder } from './program.js';
import { isoPattern } from './time.js';
import { falsePattern, numberPattern, truePattern } from './values.js';

/** A JSON Schema (draft-07): what is used of it here. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly allOf?: readonly JsonSchema[];
}

const scalar = ['string', 'integer', 'boolean'];
const whole = (pattern: string): string => `^(?:${pattern})$`;
const orBlank = (pattern: string, nullable: boolean): string => whole(nullable ? `[ \\t]*|${pattern}` : pattern);

/**
 * JSON Schema of a row to predict for: one property for each column that a feature reads, with the features' doc comments. Labels
 * are not in it. Other columns are allowed and ignored, as a file has more than a model reads. Numbers and times may be text, as
 * csv gives them. Validate with ajv and `allowUnionTypes`.
 */
export function rowSchema(model: Pick<CheckedModel, 'name' | 'doc' | 'features' | 'labels'>): JsonSchema {
  const program = encoderProgram(model);
  const docs = new Map(model.features.map((feature) => [feature.name, feature.doc]));
  const columns = new Map<string, ColumnUse[]>();
  for (const feature of program.features) {
    for (const use of columnUses(feature)) columns.set(use.column, [...(columns.get(use.column) ?? []), use]);
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: model.name,
    ...(model.doc !== undefined && { description: model.doc }),
    type: 'object',
    properties: Object.fromEntries([...columns].map(([column, uses]) => [column, propertyOf(column, uses, docs)])),
    required: requiredColumns(program),
    additionalProperties: true,
  };
}

interface ColumnUse {
  readonly column: string;
  readonly feature: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

function propertyOf(column: string, uses: readonly ColumnUse[], docs: ReadonlyMap<string, string | undefined>): JsonSchema {
  const description = uses
    .flatMap(({ feature }) => {
      const doc = docs.get(feature);
      return doc === undefined ? [] : [feature === column ? doc : `${feature}: ${doc}`];
    })
    .join('\n');
  const schemas = [...new Map(uses.map(({ schema }) => [JSON.stringify(schema), schema])).values()];
  const [only, ...more] = schemas;
  return { ...(description !== '' && { description }), ...(only && more.length === 0 ? only : { allOf: schemas }) };
}

function requiredColumns(program: EncoderProgram): readonly string[] {
  const uses = program.features.flatMap(columnUses);
  return [...new Set(uses.filter(({ required }) => required).map(({ column }) => column))];
}

/** A column is required where its being missing would keep the row from being encoded. */
function columnUses(feature: FeatureEncoder): readonly ColumnUse[] {
  const { value } = feature;
  if (!value) return [];
  const required = needsValue(feature);
  if (value.kind === 'column')
    return [{ column: value.name, feature: feature.name, schema: columnSchema(feature, required), required }];
  return columnReads(value).map(({ name, type }) => ({
    column: name,
    feature: feature.name,
    schema: typeSchema(type, !required),
    required,
  }));
}

function needsValue(feature: FeatureEncoder): boolean {
  switch (feature.kind) {
    case 'category':
      return (
        (feature.codes.kind === 'size' || feature.codes.kind === 'buckets') && !feature.many && feature.default === undefined
      );
    case 'number':
    case 'time':
      return feature.default === undefined;
    case 'vector':
      return true;
    default:
      return feature satisfies never;
  }
}

function columnSchema(feature: FeatureEncoder, required: boolean): JsonSchema {
  switch (feature.kind) {
    case 'category':
      return categorySchema(feature, required);
    case 'number':
      return typeSchema('number', !required);
    case 'time':
      return typeSchema(feature.unit ? 'number' : 'time', !required);
    case 'vector':
      return { type: ['array', 'string'], items: { type: ['number', 'string'] }, minItems: feature.size, maxItems: feature.size };
    default:
      return feature satisfies never;
  }
}

function categorySchema({ codes, many }: CategoryEncoder, required: boolean): JsonSchema {
  if (many)
    return { type: [...(many.separator === undefined ? [] : scalar), 'array', 'null'], items: { type: [...scalar, 'null'] } };
  switch (codes.kind) {
    case 'size':
      return { ...typeSchema('number', !required), minimum: 0, maximum: codes.size - 1 };
    case 'buckets':
      return typeSchema('number', !required);
    case 'vocabulary':
    case 'values':
    case 'hash':
      return typeSchema('text', true);
    default:
      return codes satisfies never;
  }
}

function typeSchema(type: 'text' | 'number' | 'boolean' | 'time', nullable: boolean): JsonSchema {
  const none = nullable ? ['null'] : [];
  switch (type) {
    case 'text':
      return { type: [...scalar, ...none] };
    case 'number':
      return { type: ['number', 'string', ...none], pattern: orBlank(numberPattern, nullable) };
    case 'boolean':
      return { type: [...scalar, ...none], pattern: orBlank(`${truePattern}|${falsePattern}|${numberPattern}`, nullable) };
    case 'time':
      return { type: ['string', ...none], pattern: orBlank(isoPattern, nullable) };
    default:
      return type satisfies never;
  }
}
