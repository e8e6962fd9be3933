import { widthOf } from '../model/feature-width.js';
import type { Statistic } from './numbers.js';
import type { EncoderProgram, EncoderState, FeatureEncoder } from './program.js';

/** How many numbers of a feature are standardized, each by a mean and a deviation of its own: 0 if it is not. */
export function standardizedWidth(feature: FeatureEncoder): number {
  if (feature.kind === 'number') return feature.transforms.includes('standardize') ? 1 : 0;
  return feature.kind === 'time' && feature.standardize ? widthOf(feature) : 0;
}

/**
 * By what the numbers of a feature are standardized; undefined if they are not.
 * @throws Error where the state has not a finite mean and a deviation above 0 for each
 */
export function statisticsOf(feature: FeatureEncoder, { statistics }: EncoderState): readonly Statistic[] | undefined {
  const width = standardizedWidth(feature);
  if (width === 0) return undefined;
  const own = Object.hasOwn(statistics, feature.name) ? statistics[feature.name] : undefined;
  if (own?.length === width && own.every(isStatistic)) return own;
  const each = width === 1 ? 'a finite mean and a deviation' : `${String(width)} finite means and deviations`;
  throw new Error(`${feature.name} is standardized, which needs ${each} above 0`);
}

const isStatistic = ({ mean, deviation }: Statistic): boolean =>
  Number.isFinite(mean) && Number.isFinite(deviation) && deviation > 0;

/** Statistics by which every number stays what it is. */
export const idleStatistics = ({ features }: EncoderProgram): EncoderState['statistics'] =>
  Object.fromEntries(
    features.flatMap((feature) => {
      const width = standardizedWidth(feature);
      return width === 0 ? [] : [[feature.name, Array.from({ length: width }, () => ({ mean: 0, deviation: 1 }))]];
    }),
  );
