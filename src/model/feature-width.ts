/** What says how many numbers a row has of a feature, as a spec or an encoder has it. */
type NumericFeature =
  | { readonly kind: 'number' }
  | { readonly kind: 'vector'; readonly size: number }
  | { readonly kind: 'time'; readonly cycles: readonly unknown[] };

/** How many numbers a row has of a feature: of each cycle of a time, sine and cosine. */
export function widthOf(feature: NumericFeature): number {
  switch (feature.kind) {
    case 'number':
      return 1;
    case 'vector':
      return feature.size;
    case 'time':
      return 2 * feature.cycles.length;
    default:
      return feature satisfies never;
  }
}
