/**
 * The number below which a share of the values lies, between the two nearest of them as NumPy's `percentile` has it by default.
 * @param share in [0, 1]
 * @throws RangeError where there is no value
 */
export function percentile(values: Iterable<number>, share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) throw new RangeError('a percentile of nothing');
  return low + (place - Math.floor(place)) * (high - low);
}
