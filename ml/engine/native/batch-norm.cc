// Batch normalisation by the batch together with the activation behind it (Ioffe and Szegedy 2015; hard swish: Howard et al. 2019).
//
// Why. On a CPU these layers are bound by memory, not by arithmetic: of MobileNetV3-Large's activations, 0.6 GB at 32 photos, none
// fits a cache. TensorFlow has a kernel for the norm and four for a hard swish, eleven with their gradients, and each reads and writes everything.
// Here the forward pass reads x twice and writes y once; the backward pass reads x and dy twice and writes dx once (over dy where it
// may). What lies between the norm and its activation is computed again instead of being kept, which halves what a step holds.
//
// How, for each channel over the n = N * H * W places:
//   mean, variance: each part of the rows gives its own mean and its sum of squared deviations, both in float over at most 128 KiB,
//     and the parts are merged in double (Chan, Golub and LeVeque 1979), so that a large mean costs no digits.
//   z = (x - mean) * inverse * scale + shift, y = activation(z), inverse = 1 / sqrt(variance + epsilon)
//   dz = dy * activation'(z), dshift = sum dz, dscale = inverse * sum dz * (x - mean)
//   dx = scale * inverse * (dz - dshift / n - (x - mean) * inverse * dscale / n)
#include <algorithm>
#include <cmath>
#include <vector>

#include "kernel.h"
#include "parallel.h"

namespace emo_aen {
namespace {

enum Activation : int64_t { kNone = 0, kRelu = 1, kHardSwish = 2 };

template <Activation kind>
inline float activated(float z) {
  if (kind == kNone) return z;
  if (kind == kRelu) return z < 0 ? 0 : z;  // not a number stays one
  const float gate = std::min(std::max(z + 3.0f, 0.0f), 6.0f);
  return z * gate * (1.0f / 6.0f);
}

template <Activation kind>
inline float slope(float z) {
  if (kind == kNone) return 1;
  if (kind == kRelu) return z > 0 ? 1.0f : 0.0f;
  const float inside = z * (1.0f / 3.0f) + 0.5f;
  const float upper = z < 3.0f ? inside : 1.0f;
  return z > -3.0f ? upper : 0.0f;
}

// Rows of `channels` floats, in parts that depend on the shape alone.
struct Rows {
  int64_t count, channels, per_part, parts;
  explicit Rows(const Shape& shape) {
    channels = shape.back();
    count = size_of(shape) / std::max<int64_t>(1, channels);
    per_part = std::max<int64_t>(1, kPartFloats / std::max<int64_t>(1, channels));
    parts = (count + per_part - 1) / per_part;
  }
  int64_t begin(int64_t part) const { return part * per_part; }
  int64_t end(int64_t part) const { return std::min(count, (part + 1) * per_part); }
};

// mean[c] and sum of squared deviations m2[c] of rows [0, count) at x.
void moments(const float* __restrict x, int64_t count, int64_t channels, float* __restrict mean, float* __restrict m2) {
  std::fill(mean, mean + channels, 0.0f);
  std::fill(m2, m2 + channels, 0.0f);
  int64_t row = 0;
  for (; row + 4 <= count; row += 4) {
    const float* __restrict a = x + row * channels;
    for (int64_t c = 0; c < channels; c++)
      mean[c] += (a[c] + a[channels + c]) + (a[2 * channels + c] + a[3 * channels + c]);
  }
  for (; row < count; row++)
    for (int64_t c = 0; c < channels; c++) mean[c] += x[row * channels + c];
  const float share = 1.0f / static_cast<float>(count);
  for (int64_t c = 0; c < channels; c++) mean[c] *= share;
  for (row = 0; row + 4 <= count; row += 4) {
    const float* __restrict a = x + row * channels;
    for (int64_t c = 0; c < channels; c++) {
      const float m = mean[c];
      const float d0 = a[c] - m, d1 = a[channels + c] - m, d2 = a[2 * channels + c] - m, d3 = a[3 * channels + c] - m;
      m2[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
    }
  }
  for (; row < count; row++)
    for (int64_t c = 0; c < channels; c++) {
      const float d = x[row * channels + c] - mean[c];
      m2[c] += d * d;
    }
}

template <Activation kind>
void normalise(const float* __restrict x, int64_t count, int64_t channels, const float* __restrict mean, const float* __restrict factor,
               const float* __restrict shift, float* __restrict y) {
  for (int64_t row = 0; row < count; row++, x += channels, y += channels)
    for (int64_t c = 0; c < channels; c++) y[c] = activated<kind>((x[c] - mean[c]) * factor[c] + shift[c]);
}

// Sums of dz and of dz * (x - mean) over rows.
template <Activation kind>
void gradient_sums(const float* __restrict dy, const float* __restrict x, int64_t count, int64_t channels, const float* __restrict mean,
                   const float* __restrict factor, const float* __restrict shift, float* __restrict sum, float* __restrict along) {
  std::fill(sum, sum + channels, 0.0f);
  std::fill(along, along + channels, 0.0f);
  for (int64_t row = 0; row < count; row++, x += channels, dy += channels)
    for (int64_t c = 0; c < channels; c++) {
      const float centred = x[c] - mean[c];
      const float dz = dy[c] * slope<kind>(centred * factor[c] + shift[c]);
      sum[c] += dz;
      along[c] += dz * centred;
    }
}

// dx = factor * dz - level - (x - mean) * tilt; dx may be dy.
template <Activation kind>
void input_gradient(const float* dy, const float* __restrict x, int64_t count, int64_t channels, const float* __restrict mean,
                    const float* __restrict factor, const float* __restrict shift, const float* __restrict level,
                    const float* __restrict tilt, float* dx) {
  for (int64_t row = 0; row < count; row++, x += channels, dy += channels, dx += channels)
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; c++) {
      const float centred = x[c] - mean[c];
      const float dz = dy[c] * slope<kind>(centred * factor[c] + shift[c]);
      dx[c] = factor[c] * dz - level[c] - centred * tilt[c];
    }
}

using Floats = std::vector<float>;

class BatchNorm {
 public:
  explicit BatchNorm(Attributes& attributes)
      : epsilon_(attributes.real("epsilon")), momentum_(attributes.real("momentum")), activation_(attributes.whole("activation")) {}

  void run(Call& call) const {
    const Shape shape = call.shape(0);
    const Rows rows(shape);
    const int64_t channels = rows.channels;
    const float* x = call.input(0);
    const float* scale = call.input(1);
    const float* shift = call.input(2);
    const float* old_mean = call.input(3);
    const float* old_variance = call.input(4);
    float* y = call.output(0, shape);
    float* new_mean = call.output(1, {channels});
    float* new_variance = call.output(2, {channels});
    float* mean = call.output(3, {channels});
    float* inverse = call.output(4, {channels});
    if (!call.ok()) return;

    Floats part_mean(rows.parts * channels), part_m2(rows.parts * channels);
    parallel(rows.parts, [&](int64_t part) {
      const int64_t from = rows.begin(part);
      moments(x + from * channels, rows.end(part) - from, channels, &part_mean[part * channels], &part_m2[part * channels]);
    });
    Floats factor(channels);
    for (int64_t c = 0; c < channels; c++) {
      double count = 0, average = 0, m2 = 0;
      for (int64_t part = 0; part < rows.parts; part++) {
        const double more = static_cast<double>(rows.end(part) - rows.begin(part));
        const double delta = part_mean[part * channels + c] - average;
        const double total = count + more;
        m2 += part_m2[part * channels + c] + delta * delta * count * more / total;
        average += delta * more / total;
        count = total;
      }
      const double variance = m2 / count;
      mean[c] = static_cast<float>(average);
      inverse[c] = static_cast<float>(1.0 / std::sqrt(variance + epsilon_));
      factor[c] = scale[c] * inverse[c];
      const double unbiased = m2 / std::max(1.0, count - 1);
      new_mean[c] = old_mean[c] + momentum_ * (static_cast<float>(average) - old_mean[c]);
      new_variance[c] = old_variance[c] + momentum_ * (static_cast<float>(unbiased) - old_variance[c]);
    }
    parallel(rows.parts, [&](int64_t part) {
      const int64_t from = rows.begin(part), count = rows.end(part) - from;
      const float* source = x + from * channels;
      float* target = y + from * channels;
      switch (activation_) {
        case kNone: return normalise<kNone>(source, count, channels, mean, factor.data(), shift, target);
        case kRelu: return normalise<kRelu>(source, count, channels, mean, factor.data(), shift, target);
        default: return normalise<kHardSwish>(source, count, channels, mean, factor.data(), shift, target);
      }
    });
  }

 private:
  float epsilon_, momentum_;
  int64_t activation_;
};

class BatchNormGradient {
 public:
  explicit BatchNormGradient(Attributes& attributes) : activation_(attributes.whole("activation")) {}

  void run(Call& call) const {
    switch (activation_) {
      case kNone: return differentiate<kNone>(call);
      case kRelu: return differentiate<kRelu>(call);
      default: return differentiate<kHardSwish>(call);
    }
  }

 private:
  template <Activation kind>
  static void differentiate(Call& call) {
    const Shape shape = call.shape(1);
    const Rows rows(shape);
    const int64_t channels = rows.channels;
    const float* dy = call.input(0);
    const float* x = call.input(1);
    const float* scale = call.input(2);
    const float* shift = call.input(3);
    const float* mean = call.input(4);
    const float* inverse = call.input(5);
    float* dscale = call.output(1, {channels});
    float* dshift = call.output(2, {channels});
    if (!call.ok()) return;

    Floats factor(channels), level(channels), tilt(channels);
    for (int64_t c = 0; c < channels; c++) factor[c] = scale[c] * inverse[c];
    Floats sums(rows.parts * channels), alongs(rows.parts * channels);
    parallel(rows.parts, [&](int64_t part) {
      const int64_t from = rows.begin(part);
      gradient_sums<kind>(dy + from * channels, x + from * channels, rows.end(part) - from, channels, mean, factor.data(), shift,
                          &sums[part * channels], &alongs[part * channels]);
    });
    for (int64_t c = 0; c < channels; c++) {
      double sum = 0, along = 0;
      for (int64_t part = 0; part < rows.parts; part++) {
        sum += sums[part * channels + c];
        along += alongs[part * channels + c];
      }
      const double count = static_cast<double>(rows.count), inv = inverse[c];
      dshift[c] = static_cast<float>(sum);
      dscale[c] = static_cast<float>(along * inv);
      level[c] = static_cast<float>(factor[c] * sum / count);
      tilt[c] = static_cast<float>(factor[c] * inv * inv * along / count);
    }
    float* dx = call.output_over(0, shape, 0);
    if (!call.ok()) return;
    parallel(rows.parts, [&](int64_t part) {
      const int64_t from = rows.begin(part);
      input_gradient<kind>(dy + from * channels, x + from * channels, rows.end(part) - from, channels, mean, factor.data(), shift,
                           level.data(), tilt.data(), dx + from * channels);
    });
  }

  int64_t activation_;
};

}  // namespace

void register_batch_norm(TF_Status* status) {
  register_kernel<BatchNorm>("EmoBatchNorm", {"x", "scale", "shift", "mean", "variance"},
                             {"y", "new_mean", "new_variance", "batch_mean", "batch_inverse"},
                             {"epsilon: float", "momentum: float", "activation: int"}, status);
  register_kernel<BatchNormGradient>("EmoBatchNormGrad", {"dy", "x", "scale", "shift", "batch_mean", "batch_inverse"},
                                     {"dx", "dscale", "dshift"}, {"activation: int"}, status);
}

}  // namespace emo_aen
