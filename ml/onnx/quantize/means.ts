/** Mean of a value per channel, over photos and positions. */
export class ChannelMeans {
  private sums = new Float64Array(0);
  private count = 0;

  /** @param dims [N, C] or [N, C, H, W]; the first `photos` of the N are counted. */
  add(numbers: Float32Array, dims: readonly number[], photos: number): void {
    const [batch = 0, channels = 0] = dims;
    if (this.sums.length === 0) this.sums = new Float64Array(channels);
    const area = numbers.length / (batch * channels);
    for (let photo = 0; photo < photos; photo++)
      for (let channel = 0; channel < channels; channel++) {
        const start = (photo * channels + channel) * area;
        let sum = 0;
        for (let at = start; at < start + area; at++) sum += numbers[at] ?? NaN;
        this.sums[channel] = (this.sums[channel] ?? 0) + sum;
      }
    this.count += photos * area;
  }

  result(): Float64Array {
    return this.sums.map((sum) => sum / this.count);
  }
}
