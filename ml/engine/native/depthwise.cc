// Depthwise convolution and its two gradients, NHWC, any odd kernel up to 7, any zero padding in front.
//
// Why. TensorFlow's own (oneDNN) takes its general code for the filter's gradient of 5 x 5 kernels, twenty times what the arithmetic
// needs; and a padding that is not TensorFlow's SAME (PyTorch's at a stride of 2) needs a padded copy of the input and a cut of its gradient.
//
// How. A place of the output, and of the input's gradient, is a sum over the taps that reach it: both gather. Along a row, target columns that lie
// `period` apart see the same taps, each `step` further on in the source (forward: period 1, step = stride; gradient: period = stride,
// step 1). Away from the borders four such columns and sixteen channels are summed at once, so that eight sums stay in registers and a
// tap's weights are loaded once for four places; at the borders place by place. The filter's gradient sums over places instead: for a
// row of the output and a row of the kernel, the sums of the kernel's columns stay in registers while the places go by. Each photo has
// sums of its own, and the photos are added up in order, in double.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "kernel.h"
#include "parallel.h"

namespace emo_aen {
namespace {

constexpr int kMaxKernel = 7;
constexpr int kColumns = 4;

// Eight channels of one place.
typedef float Eight __attribute__((vector_size(32)));
inline Eight load(const float* from) {
  Eight value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline void store(float* to, Eight value) { std::memcpy(to, &value, sizeof value); }

struct Geometry {
  int64_t photos, height, width, channels;  // of the input
  int64_t out_height, out_width;
  int64_t kernel, stride, before;  // zeros in front of each side
};

// Along one side: target t * period + phase reads source t * step + offset[i] with kernel tap[i].
struct Line {
  int64_t period, phase, step;
  int count = 0;
  int64_t offset[kMaxKernel] = {}, tap[kMaxKernel] = {};

  bool reaches(int64_t t, int i, int64_t side) const {
    const int64_t place = t * step + offset[i];
    return place >= 0 && place < side;
  }
  bool reaches_all(int64_t t, int64_t side) const {
    for (int i = 0; i < count; i++)
      if (!reaches(t, i, side)) return false;
    return true;
  }
  // The targets [first, last) of all whose taps all lie inside a source of that side.
  std::pair<int64_t, int64_t> inside(int64_t targets, int64_t side) const {
    int64_t first = 0;
    while (first < targets && !reaches_all(first, side)) first++;
    int64_t last = targets;
    while (last > first && !reaches_all(last - 1, side)) last--;
    return {first, last};
  }
};

std::vector<Line> forward_lines(const Geometry& g) {
  Line line{1, 0, g.stride};
  for (int64_t tap = 0; tap < g.kernel; tap++) {
    line.offset[line.count] = tap - g.before;
    line.tap[line.count++] = tap;
  }
  return {line};
}

std::vector<Line> backward_lines(const Geometry& g) {
  std::vector<Line> lines;
  for (int64_t phase = 0; phase < g.stride; phase++) {
    Line line{g.stride, phase, 1};
    for (int64_t tap = 0; tap < g.kernel; tap++) {
      const int64_t place = phase + g.before - tap;
      if (((place % g.stride) + g.stride) % g.stride != 0) continue;
      line.offset[line.count] = place / g.stride;
      line.tap[line.count++] = tap;
    }
    lines.push_back(line);
  }
  return lines;
}

struct Source {
  const float* data;
  int64_t height, width;
};

// A tap of the rows: the source row's first float and the first weight of the kernel's row.
struct RowTap {
  const float* row;
  const float* weights;
};

// `kColumns` targets from t on, `vectors` x 8 channels from c on; every tap lies inside.
template <int vectors>
inline void gather_inside(const Line& line, const RowTap* rows, int row_count, int64_t t, int64_t c, int64_t channels, float* out) {
  Eight sum[kColumns][vectors] = {};
  const int64_t step = line.step * channels;
  for (int r = 0; r < row_count; r++)
    for (int i = 0; i < line.count; i++) {
      const float* x = rows[r].row + t * step + line.offset[i] * channels + c;
      const float* w = rows[r].weights + line.tap[i] * channels + c;
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) {
        const Eight weight = load(w + 8 * v);
#pragma GCC unroll 4
        for (int column = 0; column < kColumns; column++) sum[column][v] += load(x + column * step + 8 * v) * weight;
      }
    }
#pragma GCC unroll 4
  for (int column = 0; column < kColumns; column++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) store(out + column * line.period * channels + c + 8 * v, sum[column][v]);
}

// One target, channels [from, channels); taps outside are left out.
void gather_one(const Line& line, const RowTap* rows, int row_count, int64_t t, int64_t from, int64_t channels, int64_t side, float* out) {
  std::fill(out + from, out + channels, 0.0f);
  for (int i = 0; i < line.count; i++) {
    if (!line.reaches(t, i, side)) continue;
    for (int r = 0; r < row_count; r++) {
      const float* __restrict x = rows[r].row + (t * line.step + line.offset[i]) * channels;
      const float* __restrict w = rows[r].weights + line.tap[i] * channels;
      float* __restrict y = out;
      for (int64_t c = from; c < channels; c++) y[c] += x[c] * w[c];
    }
  }
}

void gather_row(const Line& line, const RowTap* rows, int row_count, int64_t width, int64_t channels, int64_t side, float* out) {
  const int64_t count = (width - line.phase + line.period - 1) / line.period;
  const int64_t apart = line.period * channels;
  const auto [first, last] = line.inside(count, side);
  const int64_t whole = first + (last - first) / kColumns * kColumns;
  int64_t c = 0;
  for (; c + 16 <= channels; c += 16)
    for (int64_t t = first; t < whole; t += kColumns) gather_inside<2>(line, rows, row_count, t, c, channels, out + t * apart);
  for (; c + 8 <= channels; c += 8)
    for (int64_t t = first; t < whole; t += kColumns) gather_inside<1>(line, rows, row_count, t, c, channels, out + t * apart);
  for (int64_t t = 0; t < count; t++) {
    const bool inside = t >= first && t < whole;
    if (!inside || c < channels) gather_one(line, rows, row_count, t, inside ? c : 0, channels, side, out + t * apart);
  }
}

// Fills target [photos, height, width, channels]. The same lines hold along rows and columns.
void gather_all(const Geometry& g, const Source& source, const float* filter, const std::vector<Line>& lines, int64_t height,
                int64_t width, float* target) {
  parallel(g.photos * height, [&](int64_t index) {
    const int64_t photo = index / height, at = index % height;
    const Line& down = lines[at % lines.size()];
    RowTap rows[kMaxKernel];
    int row_count = 0;
    for (int i = 0; i < down.count; i++) {
      if (!down.reaches(at / down.period, i, source.height)) continue;
      const int64_t row = photo * source.height + at / down.period * down.step + down.offset[i];
      rows[row_count++] = {source.data + row * source.width * g.channels, filter + down.tap[i] * g.kernel * g.channels};
    }
    for (const Line& along : lines)
      gather_row(along, rows, row_count, width, g.channels, source.width, target + (index * width + along.phase) * g.channels);
  });
}

// sums[tap][c] += sum over columns [first, last) of x * dy, `vectors` x 8 channels from c on; every tap lies inside.
template <int kernel, int vectors>
inline void correlate_inside(const Geometry& g, const float* x, const float* dy, int64_t first, int64_t last, int64_t c, float* sums) {
  Eight sum[kernel][vectors];
#pragma GCC unroll 7
  for (int tap = 0; tap < kernel; tap++)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) sum[tap][v] = load(sums + tap * g.channels + c + 8 * v);
  const float* in = x + (first * g.stride - g.before) * g.channels + c;
  const float* out = dy + first * g.channels + c;
  for (int64_t column = first; column < last; column++, in += g.stride * g.channels, out += g.channels)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) {
      const Eight gradient = load(out + 8 * v);
#pragma GCC unroll 7
      for (int tap = 0; tap < kernel; tap++) sum[tap][v] += load(in + tap * g.channels + 8 * v) * gradient;
    }
#pragma GCC unroll 7
  for (int tap = 0; tap < kernel; tap++)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; v++) store(sums + tap * g.channels + c + 8 * v, sum[tap][v]);
}

// The same for all columns and channels: one row of x, one of dy, one of the kernel.
template <int kernel>
void correlate_row(const Geometry& g, const float* x, const float* dy, float* sums) {
  const Line line = forward_lines(g)[0];
  const auto [first, last] = line.inside(g.out_width, g.width);
  int64_t c = 0;
  if (last > first) {
    for (; c + 16 <= g.channels; c += 16) correlate_inside<kernel, 2>(g, x, dy, first, last, c, sums);
    for (; c + 8 <= g.channels; c += 8) correlate_inside<kernel, 1>(g, x, dy, first, last, c, sums);
  }
  for (int64_t column = 0; column < g.out_width; column++) {
    const int64_t from = column >= first && column < last ? c : 0;
    for (int tap = 0; tap < kernel && from < g.channels; tap++) {
      if (!line.reaches(column, tap, g.width)) continue;
      const float* __restrict in = x + (column * line.step + line.offset[tap]) * g.channels;
      const float* __restrict out = dy + column * g.channels;
      float* __restrict sum = sums + tap * g.channels;
      for (int64_t channel = from; channel < g.channels; channel++) sum[channel] += in[channel] * out[channel];
    }
  }
}

using Correlate = void (*)(const Geometry&, const float*, const float*, float*);

Correlate correlate_of(int64_t kernel) {
  return kernel == 1 ? correlate_row<1> : kernel == 3 ? correlate_row<3> : kernel == 5 ? correlate_row<5> : correlate_row<7>;
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
    const Source source{call.input(0), g.height, g.width};
    const float* weights = call.input(1);
    float* y = call.output(0, {g.photos, height, width, g.channels});
    if (call.ok()) gather_all(g, source, weights, forward_lines(g), height, width, y);
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
    const Source source{call.input(0), g.out_height, g.out_width};
    const float* weights = call.input(1);
    float* dx = call.output(0, {g.photos, height_, width_, g.channels});
    if (call.ok()) gather_all(g, source, weights, backward_lines(g), height_, width_, dx);
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
    const Line down = forward_lines(g)[0];
    const int64_t size = kernel_ * kernel_ * g.channels;
    std::vector<float> sums(g.photos * size, 0.0f);
    parallel(g.photos, [&](int64_t photo) {
      for (int64_t row = 0; row < g.out_height; row++)
        for (int tap = 0; tap < down.count; tap++) {
          if (!down.reaches(row, tap, g.height)) continue;
          correlate(g, source + (photo * g.height + row * down.step + down.offset[tap]) * g.width * g.channels,
                    gradient + (photo * g.out_height + row) * g.out_width * g.channels,
                    &sums[photo * size + tap * kernel_ * g.channels]);
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
