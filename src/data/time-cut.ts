import type { DataSection } from '../model/model.js';
import { withSample, type ProfileOptions } from './profile.js';
import { readColumnSql } from './raw-columns.js';
import type { DataPaths } from './sources.js';

/**
 * The largest share of rows that have the very time at which a split by time cuts: 1 where all have one. Undefined for another split, and
 * where its column is in a joined file or is no time. `keep` is not looked at.
 */
export async function shareAtCut(
  data: DataSection,
  paths: DataPaths = {},
  options: ProfileOptions = {},
): Promise<number | undefined> {
  const { split } = data;
  if (split.kind !== 'time') return undefined;
  const cuts = [split.train, split.train + split.valid].filter((cut) => cut > 0 && cut < 1);
  return withSample(data.source, paths, options, async ({ database, table }) => {
    const stored = table.columns.get(split.column);
    for (const type of ['number', 'time'] as const) {
      const read = stored && readColumnSql(stored.kind, type, stored.sql);
      if (!read) continue;
      const shares = cuts.map((cut) => `count(*) FILTER (t = (SELECT quantile_disc(t, ${String(cut)}) FROM v)) / count(t)`);
      const [counts] = await database.query(
        `WITH v AS (SELECT ${read.value} AS t FROM ${table.table}) SELECT count(t), ${shares.join(', ')} FROM v`,
      );
      const [known = 0, ...found] = (counts ?? []).map(Number);
      if (known > 0 && 2 * known > table.rows) return Math.max(...found);
    }
    return undefined;
  });
}
