import { columnsOfTemplates, type Template } from './library.js';
import { rolesOf, type Roles, type Sides } from './roles.js';
import { widthOf, type Architecture, type Plan } from './spec.js';

/** Names of columns and labels in the networks of templates, for which those of a table are put. */
const placeholders: ReadonlySet<string> = new Set(Object.values(columnsOfTemplates).flat());

/** The names that a template's network gives or calls, which a table's features may not have. */
export const namesIn = ({ network = '' }: Template): ReadonlySet<string> =>
  new Set([...network.matchAll(/\b[a-z_]\w*\b(?!:)/gi)].map(([name]) => name).filter((name) => !placeholders.has(name)));

/** A template for the features of a table, which lacks none of its columns. */
export function architectureOf(template: Template, sides: Sides): (plan: Plan) => Architecture {
  return (plan) => {
    const { doc, network, sections, outputs, optimizer, needs } = template;
    const shared = {
      doc: doc.replaceAll('films', 'items').replaceAll('a film', 'an item').replaceAll('film', 'item'),
      ...(optimizer !== undefined && { optimizer }),
    };
    if (network === undefined) return { ...shared, lines: sections.map((line) => withRank(line, plan)) };
    const roles = rolesOf(plan.features, sides);
    const needed = neededBy(template, plan, roles);
    const crossed = needs.crossed && roles.user && roles.item ? `${roles.user.name}_x_${roles.item.name}` : undefined;
    const isGuessed = sides.user === undefined && needs.sides;
    const text = withRank(renamed(network, plan, roles, crossed), plan);
    return {
      ...shared,
      lines: [
        ...(isGuessed ? [`// Which columns belong to the user and which to the item is a guess by their names.`] : []),
        text,
        ...(outputs === undefined ? [] : [`outputs: ${renamed(outputs, plan, roles, undefined)}`]),
      ],
      ...(crossed !== undefined && {
        features: [
          `${crossed}: category(cross: [${roles.user?.name ?? ''}, ${roles.item?.name ?? ''}], hash: 100_000) // remembered by the wide part`,
        ],
      }),
      embeddings: needed,
    };
  };
}

/** A rank that saves something: a quarter of the width where the template's is half of it or more. */
function withRank(text: string, { features, dim }: Plan): string {
  const width = widthOf(features, dim);
  return text.replaceAll(/\brank: (\d+)/g, (said, rank: string) =>
    2 * Number(rank) < width ? said : `rank: ${String(Math.max(1, Math.floor(width / 4)))}`,
  );
}

/** Lines of `embeddings`. */
function neededBy(template: Template, { features, dim }: Plan, { item, history }: Roles): readonly string[] {
  if (template.needs.fields)
    return features.filter(({ shape }) => shape === 'number').map(({ name }) => `${name}: { dim: ${String(dim)} }`);
  if (!template.needs.history || !item || !history) return [];
  return [
    `${item.name}_and_history: { features: [${item.name}, ${history.name}] } // one table: what was liked, and what is asked`,
  ];
}

function renamed(text: string, { label, second }: Plan, roles: Roles, crossed: string | undefined): string {
  const columns = columnsOfTemplates;
  const names: ReadonlyMap<string, readonly (string | undefined)[]> = new Map([
    [columns.ofUser.join(', '), roles.ofUser.map(({ name }) => name)],
    [columns.ofItem.join(', '), roles.ofItem.map(({ name }) => name)],
    [columns.crossed.join(', '), [crossed]],
    [columns.user, [roles.user?.name]],
    [columns.item, [roles.item?.name]],
    [columns.history, [roles.history?.name]],
    [columns.label, [label.name]],
    [columns.second, [second?.name]],
  ]);
  // All at once: a column may have the name of another one's placeholder.
  const filled = text.replaceAll(new RegExp(`\\b(?:${[...names.keys()].join('|')})\\b`, 'g'), (placeholder) =>
    (names.get(placeholder) ?? []).filter((one) => one !== undefined).join(', '),
  );
  return filled.replaceAll(/, (?=[,)])/g, '').replaceAll(/\(, /g, '(');
}

/** What a template cannot do without, and the table does not have; undefined if it has all. */
export function lackOf(template: Template, plan: Plan, sides: Sides): string | undefined {
  const { name, needs } = template;
  const { user, item, history, isGuessed } = rolesOf(plan.features, sides);
  if (needs.sides && (!user || !item)) return `${name} needs a column that says who and one that says what, both categories`;
  if (needs.history && !history) return `${name} needs a column with the items that a user met before, such as history`;
  if (needs.history && history && !history.type.includes('(vocabulary: '))
    return `${name} needs the column of the items that ${history.name} lists, and ${item?.name ?? ''} has hardly any of them: --item COLUMN`;
  if (isGuessed && needs.sides && !needs.crossed)
    return `${name} needs a column that says who and one that says what, and no name tells which they are: --user COLUMN --item COLUMN`;
  if (needs.numbers && !plan.features.some(({ shape }) => shape === 'number' || shape === 'time' || shape === 'vector')) {
    return `${name} needs a column of numbers`;
  }
  if (needs.twoLabels && !plan.second) return `${name} predicts two labels`;
  return undefined;
}
