// Depthwise convolution and its two gradients, NHWC, any odd kernel, any zero padding in front.
//
// Why. TensorFlow's own (oneDNN) takes its general code for the filter's gradient of 5 x 5 kernels, twenty times what the arithmetic
// needs; and a padding that is not TensorFlow's SAME (PyTorch's at a stride of 2) needs a padded copy of the input and a cut of its gradient.
//
// How. A place of the output, and of the input's gradient, is a sum over the taps that reach it: both gather. Channels lie next to each
// other, so eight of them are one vector, and four vectors stay in registers while the taps go by. The filter's gradient sums over
// places instead: for a row of the output and a row of the kernel, its `kernel` sums stay in registers while the columns go by. Each photo has a sum of
// its own, and the photos are added up in order, in double.
#include <algorithm>
#include <cstring>
#include <vector>

#include "kernel.h"
#include "parallel.h"

namespace emo_aen {
namespace {

typedef float Eight __attribute__((vector_size(32)));

inline Eight load(const float* from) {
  Eight value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline void store(float* to, Eight value) { std::memcpy(to, &value, sizeof value); }

constexpr int kMaxKernel = 7;

// Where a tap reads: a place's first channel and the tap's weights of all channels.
struct Tap {
  const float* place;
  const float* weights;
};

// out[c] = sum over taps of place[c] * weights[c].
void gather(const Tap* taps, int count, int64_t channels, float* __restrict out) {
  int64_t c = 0;
  for (; c + 32 <= channels; c += 32) {
    Eight s0 = {}, s1 = {}, s2 = {}, s3 = {};
    for (int tap = 0; tap < count; tap++) {
      const float* x = taps[tap].place + c;
      const float* w = taps[tap].weights + c;
      s0 += load(x) * load(w);
      s1 += load(x + 8) * load(w + 8);
      s2 += load(x + 16) * load(w + 16);
      s3 += load(x + 24) * load(w + 24);
    }
    store(out + c, s0);
    store(out + c + 8, s1);
    store(out + c + 16, s2);
    store(out + c + 24, s3);
  }
  for (; c + 8 <= channels; c += 8) {
    Eight s = {};
    for (int tap = 0; tap < count; tap++) s += load(taps[tap].place + c) * load(taps[tap].weights + c);
    store(out + c, s);
  }
  for (; c < channels; c++) {
    float s = 0;
    for (int tap = 0; tap < count; tap++) s += taps[tap].place[c] * taps[tap].weights[c];
    out[c] = s;
  }
}

struct Geometry {
  int64_t photos, height, width, channels;  // of the input
  int64_t out_height, out_width;
  int64_t kernel, stride, before;           // zeros in front of each side
};

// Along one side: which places of the source each tap reads for target place `at`.
struct Reach {
  int count = 0;
  int64_t source[kMaxKernel], tap[kMaxKernel];
  void add(int64_t place, int64_t index) {
    source[count] = place;
    tap[count++] = index;
  }
};

Reach forward_reach(const Geometry& g, int64_t at, int64_t side) {
  Reach reach;
  for (int64_t tap = 0; tap < g.kernel; tap++) {
    const int64_t place = at * g.stride + tap - g.before;
    if (place >= 0 && place < side) reach.add(place, tap);
  }
  return reach;
}

Reach backward_reach(const Geometry& g, int64_t at, int64_t out_side) {
  Reach reach;
  for (int64_t tap = 0; tap < g.kernel; tap++) {
    const int64_t place = at + g.before - tap;
    if (place >= 0 && place % g.stride == 0 && place / g.stride < out_side) reach.add(place / g.stride, tap);
  }
  return reach;
}

// Fills `target` [photos, height, width, channels] by gathering from `source`, along reaches of rows and columns.
void gather_all(const Geometry& g, const float* source, int64_t source_height, int64_t source_width, const float* filter,
                const std::vector<Reach>& rows, const std::vector<Reach>& columns, float* target) {
  const int64_t height = static_cast<int64_t>(rows.size()), width = static_cast<int64_t>(columns.size());
  parallel(g.photos * height, [&](int64_t index) {
    const int64_t photo = index / height;
    const Reach& row = rows[index % height];
    const float* base = source + photo * source_height * source_width * g.channels;
    float* out = target + index * width * g.channels;
    Tap taps[kMaxKernel * kMaxKernel];
    for (int64_t column = 0; column < width; column++, out += g.channels) {
      const Reach& reach = columns[column];
      int count = 0;
      for (int r = 0; r < row.count; r++)
        for (int q = 0; q < reach.count; q++)
          taps[count++] = {base + (row.source[r] * source_width + reach.source[q]) * g.channels,
                           filter + (row.tap[r] * g.kernel + reach.tap[q]) * g.channels};
      gather(taps, count, g.channels, out);
    }
  });
}

// sums[tap][c] += sum over columns of x * dy, for one row of dy, one row of x and one row of the kernel.
template <int kernel>
void correlate_row(const Geometry& g, const float* x, const float* dy, float* sums) {
  // Columns whose taps all lie inside the input.
  const int64_t first = std::min(g.out_width, (g.before + g.stride - 1) / g.stride);
  const int64_t room = g.width - kernel + g.before;
  const int64_t last = room < 0 ? first : std::max(first, std::min(g.out_width, room / g.stride + 1));
  const int64_t pixel = g.channels, step = g.stride * g.channels;
  int64_t c = 0;
  for (; c + 8 <= g.channels; c += 8) {
    Eight sum[kernel];
    for (int tap = 0; tap < kernel; tap++) sum[tap] = load(sums + tap * g.channels + c);
    const float* in = x + (first * g.stride - g.before) * pixel + c;
    const float* out = dy + first * pixel + c;
    for (int64_t column = first; column < last; column++, in += step, out += pixel) {
      const Eight gradient = load(out);
#pragma GCC unroll 7
      for (int tap = 0; tap < kernel; tap++) sum[tap] += load(in + tap * pixel) * gradient;
    }
    for (int tap = 0; tap < kernel; tap++) store(sums + tap * g.channels + c, sum[tap]);
  }
  const int64_t whole = c;
  for (int64_t column = 0; column < g.out_width; column++) {
    const bool inside = column >= first && column < last;
    for (int tap = 0; tap < kernel; tap++) {
      const int64_t place = column * g.stride + tap - g.before;
      if (place < 0 || place >= g.width) continue;
      for (c = inside ? whole : 0; c < g.channels; c++) sums[tap * g.channels + c] += x[place * pixel + c] * dy[column * pixel + c];
    }
  }
}

using Correlate = void (*)(const Geometry&, const float*, const float*, float*);

Correlate correlate_of(int64_t kernel) {
  return kernel == 1 ? correlate_row<1> : kernel == 3 ? correlate_row<3> : kernel == 5 ? correlate_row<5> : correlate_row<7>;
}

std::vector<Reach> reaches(Reach (*reach)(const Geometry&, int64_t, int64_t), const Geometry& g, int64_t count, int64_t side) {
  std::vector<Reach> all;
  for (int64_t at = 0; at < count; at++) all.push_back(reach(g, at, side));
  return all;
}

struct Stepping {
  int64_t stride, before;
  explicit Stepping(Attributes& attributes) : stride(attributes.whole("stride")), before(attributes.whole("before")) {}
  Geometry with(const Shape& x, int64_t out_height, int64_t out_width, int64_t kernel) const {
    return {x[0], x[1], x[2], x[3], out_height, out_width, kernel, stride, before};
  }
};

class Depthwise {
 public:
  explicit Depthwise(Attributes& attributes) : stepping_(attributes) {}
  void run(Call& call) const {
    const Shape x = call.shape(0), filter = call.shape(1);
    const int64_t height = (x[1] + stepping_.stride - 1) / stepping_.stride, width = (x[2] + stepping_.stride - 1) / stepping_.stride;
    const Geometry g = stepping_.with(x, height, width, filter[0]);
    const float* source = call.input(0);
    const float* weights = call.input(1);
    float* y = call.output(0, {g.photos, height, width, g.channels});
    if (!call.ok()) return;
    gather_all(g, source, g.height, g.width, weights, reaches(forward_reach, g, height, g.height), reaches(forward_reach, g, width, g.width),
               y);
  }

 private:
  Stepping stepping_;
};

class DepthwiseInputGradient {
 public:
  explicit DepthwiseInputGradient(Attributes& attributes)
      : stepping_(attributes), height_(attributes.whole("height")), width_(attributes.whole("width")) {}
  void run(Call& call) const {
    const Shape dy = call.shape(0), filter = call.shape(1);
    const Geometry g = stepping_.with({dy[0], height_, width_, dy[3]}, dy[1], dy[2], filter[0]);
    const float* source = call.input(0);
    const float* weights = call.input(1);
    float* dx = call.output(0, {g.photos, height_, width_, g.channels});
    if (!call.ok()) return;
    gather_all(g, source, g.out_height, g.out_width, weights, reaches(backward_reach, g, height_, g.out_height),
               reaches(backward_reach, g, width_, g.out_width), dx);
  }

 private:
  Stepping stepping_;
  int64_t height_, width_;
};

class DepthwiseFilterGradient {
 public:
  explicit DepthwiseFilterGradient(Attributes& attributes) : stepping_(attributes), kernel_(attributes.whole("kernel")) {}
  void run(Call& call) const {
    const Shape x = call.shape(0), dy = call.shape(1);
    const Geometry g = stepping_.with(x, dy[1], dy[2], kernel_);
    const float* source = call.input(0);
    const float* gradient = call.input(1);
    float* out = call.output(0, {kernel_, kernel_, g.channels, 1});
    if (!call.ok()) return;
    const Correlate correlate = correlate_of(kernel_);
    const int64_t size = kernel_ * kernel_ * g.channels;
    std::vector<float> sums(g.photos * size, 0.0f);
    parallel(g.photos, [&](int64_t photo) {
      for (int64_t row = 0; row < g.out_height; row++) {
        const Reach reach = forward_reach(g, row, g.height);
        for (int r = 0; r < reach.count; r++)
          correlate(g, source + (photo * g.height + reach.source[r]) * g.width * g.channels,
                    gradient + (photo * g.out_height + row) * g.out_width * g.channels,
                    &sums[photo * size + reach.tap[r] * kernel_ * g.channels]);
      }
    });
    for (int64_t index = 0; index < size; index++) {
      double sum = 0;
      for (int64_t photo = 0; photo < g.photos; photo++) sum += sums[photo * size + index];
      out[index] = static_cast<float>(sum);
    }
  }

 private:
  Stepping stepping_;
  int64_t kernel_;
};

}  // namespace

void register_depthwise(TF_Status* status) {
  register_kernel<Depthwise>("EmoDepthwise", {"x", "filter"}, {"y"}, {"stride: int", "before: int"}, status);
  register_kernel<DepthwiseInputGradient>("EmoDepthwiseInputGrad", {"dy", "filter"}, {"dx"},
                                          {"stride: int", "before: int", "height: int", "width: int"}, status);
  register_kernel<DepthwiseFilterGradient>("EmoDepthwiseFilterGrad", {"x", "dy"}, {"dfilter"},
                                           {"stride: int", "before: int", "kernel: int"}, status);
}

}  // namespace emo_aen
