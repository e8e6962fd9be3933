import type { DiagnosticDetails } from './diagnostics.js';
import type { CategoryFeature, Codes, Facts, RowCount } from './model.js';

/** Rows of a table whose ids are numbered so. */
export function rowCount(codes: Codes, facts: Facts | undefined): RowCount {
  switch (codes.kind) {
    case 'vocabulary': {
      const rows = facts && Object.hasOwn(facts.vocabularies, codes.name) ? facts.vocabularies[codes.name] : undefined;
      return rows === undefined ? { kind: 'vocabulary', name: codes.name } : { kind: 'known', rows };
    }
    case 'values':
      return { kind: 'known', rows: codes.values.length + 1 };
    case 'hash':
      return { kind: 'known', rows: codes.buckets };
    case 'size':
      return { kind: 'known', rows: codes.size };
    case 'buckets':
      return { kind: 'known', rows: codes.boundaries.length + 1 };
    default:
      return codes satisfies never;
  }
}

/** Whether two features number their values alike: they may share a table. */
export function sameCodes(a: Codes, b: Codes): boolean {
  if (a.kind === 'vocabulary' && b.kind === 'vocabulary') return a.name === b.name;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Where the two features of an `unlike-codes` are, and what makes them alike. */
export const unlikeCodes = (a: CategoryFeature, b: CategoryFeature): DiagnosticDetails => ({
  notes: [a, b].map(({ name, span }) => ({ span, text: `\`${name}\` is here` })),
  help: `\`vocabulary: ${a.name}\` makes \`${b.name}\` number its values as \`${a.name}\` does`,
});
