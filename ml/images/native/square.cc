#include "square.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace emo_aen {
namespace {

// How the stored photo becomes upright, by EXIF's orientation less one: rows become columns first, then it is mirrored.
struct Turn {
  bool transposed;
  bool from_right;
  bool from_bottom;
};
constexpr std::array<Turn, 8> kTurns = {{
    {false, false, false},
    {false, true, false},
    {false, true, true},
    {false, false, true},
    {true, false, false},
    {true, true, false},
    {true, true, true},
    {true, false, true},
}};

// Of `resized` results over `inputs`, those from `from` on.
Taps taps_of(int inputs, int64_t resized, int64_t from, int64_t size) {
  const double scale = static_cast<double>(inputs) / static_cast<double>(resized);
  const double reach = std::max(scale, 1.0);
  Taps taps;
  for (int64_t place = from; place < from + size; place++) {
    const double centre = (static_cast<double>(place) + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - reach + 0.5), 0);
    const int end = std::min(static_cast<int>(centre + reach + 0.5), inputs);
    taps.spans.push_back({first, end - first, taps.weights.size()});
    std::vector<double> weights;
    double sum = 0;
    for (int input = first; input < end; input++) {
      weights.push_back(std::max(0.0, 1 - std::abs(input - centre + 0.5) / reach));
      sum += weights.back();
    }
    for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

// Adds rows, each times its weight: Rows at once, so that a sum is loaded and stored once for all of them.
template <int Rows>
void add(float* __restrict sums, const uint8_t* rows, size_t stride, const float* weights, size_t count) {
  for (size_t at = 0; at < count; at++) {
    float sum = sums[at];
    for (int row = 0; row < Rows; row++) sum += weights[row] * static_cast<float>(rows[row * stride + at]);
    sums[at] = sum;
  }
}

void add_rows(float* sums, const uint8_t* rows, size_t stride, const float* weights, int row_count, size_t count) {
  int row = 0;
  for (; row + 4 <= row_count; row += 4) add<4>(sums, rows + row * stride, stride, weights + row, count);
  for (; row < row_count; row++) add<1>(sums, rows + row * stride, stride, weights + row, count);
}

// A pixel's channels and, where there are three, one number more, which is not used.
typedef float Numbers __attribute__((vector_size(16)));

Numbers load(const float* numbers) {
  Numbers loaded;
  std::memcpy(&loaded, numbers, sizeof loaded);
  return loaded;
}

typedef int32_t Whole __attribute__((vector_size(16)));

// Means of bytes are at least 0 and, but for rounding, at most 255.
void store(Numbers sum, uint8_t* pixel) {
  const Whole whole = __builtin_convertvector(sum + 0.5f, Whole);
  for (int channel = 0; channel < 3; channel++) pixel[channel] = static_cast<uint8_t>(whole[channel]);
}

bool all_opaque(const Strip& strip, int width) {
  for (int row = 0; row < strip.count; row++) {
    const uint8_t* pixels = strip.rows + row * strip.stride;
    for (int column = 0; column < width; column++)
      if (pixels[4 * column + 3] != 255) return false;
  }
  return true;
}

}  // namespace

Square::Square(const Rows& photo, const Crop& crop, uint8_t* out) : width_(photo.width()), channels_(photo.channels()) {
  const Turn& turn = kTurns.at(static_cast<size_t>(crop.orientation - 1));
  int64_t resized_width = crop.resized_width;
  int64_t resized_height = crop.resized_height;
  int64_t left = turn.from_right ? crop.resized_width - crop.left - crop.size : crop.left;
  int64_t top = turn.from_bottom ? crop.resized_height - crop.top - crop.size : crop.top;
  const ptrdiff_t last = crop.size - 1;
  ptrdiff_t to_right = turn.from_right ? -3 : 3;
  ptrdiff_t downwards = static_cast<ptrdiff_t>(turn.from_bottom ? -3 : 3) * crop.size;
  origin_ = out + (turn.from_right ? last * 3 : 0) + (turn.from_bottom ? last * crop.size * 3 : 0);
  if (turn.transposed) {
    std::swap(resized_width, resized_height);
    std::swap(left, top);
    std::swap(to_right, downwards);
  }
  next_column_ = to_right;
  next_row_ = downwards;
  across_ = taps_of(width_, resized_width, left, crop.size);
  down_ = taps_of(photo.height(), resized_height, top, crop.size);
  const Taps::Span& end = across_.spans.back();
  row_numbers_ = static_cast<size_t>(end.first + end.count - across_.spans.front().first) * channels_;
}

void Square::take(const Strip& strip) {
  if (channels_ == 4 && opaque_) opaque_ = all_opaque(strip, width_);
  const uint8_t* rows = strip.rows + across_.spans.front().first * channels_;
  const int end = strip.first + strip.count;
  const int size = static_cast<int>(down_.spans.size());
  for (int row = begun_; row < size && down_.spans[row].first < end; row++) {
    const Taps::Span& span = down_.spans[row];
    if (row == begun_ + static_cast<int>(sums_.size())) sums_.emplace_back(row_numbers_ + 1, 0.0f);
    const int from = std::max(span.first, strip.first);
    const int to = std::min(span.first + span.count, end);
    const float* weights = down_.weights.data() + span.weights + (from - span.first);
    add_rows(sums_[row - begun_].data(), rows + (from - strip.first) * strip.stride, strip.stride, weights, to - from, row_numbers_);
  }
  while (!sums_.empty() && down_.spans[begun_].first + down_.spans[begun_].count <= end) {
    finish(begun_);
    sums_.pop_front();
    begun_++;
  }
}

void Square::finish(int row) {
  const int start = across_.spans.front().first;
  const float* sums = sums_.front().data();
  uint8_t* pixel = origin_ + row * next_row_;
  for (const Taps::Span& span : across_.spans) {
    const float* inputs = sums + static_cast<size_t>(span.first - start) * channels_;
    const float* weights = across_.weights.data() + span.weights;
    Numbers sum = {};
    for (int tap = 0; tap < span.count; tap++, inputs += channels_) sum += weights[tap] * load(inputs);
    store(sum, pixel);
    pixel += next_column_;
  }
}

}  // namespace emo_aen
