/** The ids of each bag: those between two offsets, or each alone. */
export function bagsOf(ids: Float64Array, offsets: Float64Array | undefined): readonly (readonly number[])[] {
  if (!offsets) return Array.from(ids, (id) => [id]);
  return Array.from({ length: offsets.length - 1 }, (_, row) => [...ids.subarray(offsets[row], offsets[row + 1])]);
}
