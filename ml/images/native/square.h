// The central square of a photo at another size, from its rows as they come.
//
// The resize is Pillow's antialiased bilinear one (`Image.resize(..., BILINEAR)`, which torchvision's Resize with antialias=True follows): each result is the
// mean of the pixels under a triangle as wide as two results, at least two pixels, cut off and made to sum to one at the photo's edges
// (Pillow, src/libImaging/Resample.c, precompute_coeffs). Sums are in float32 and rounded once, at the end; Pillow rounds after each
// of its two passes, so the two differ by at most 1 of 255.
//
// Down comes before across: a row of the photo adds to the two or so rows of the result whose triangles it lies under, a multiplication for each of its
// numbers that vectorises as it stands. Only finished rows are summed across, and only for the columns of the square.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "rows.h"

namespace emo_aen {

// Of the upright photo: its sides after resizing, and the square of it that is wanted, which lies within. The longer side of a photo that is one pixel
// wide and many millions high does not fit into 32 bits.
struct Crop {
  int64_t resized_width;
  int64_t resized_height;
  int64_t left;
  int64_t top;
  int64_t size;
  // EXIF's, 1 to 8: how the photo is stored.
  int64_t orientation;
};

// For each of a row of results: the inputs that it is a mean of, and their weights.
struct Taps {
  struct Span {
    int first;
    int count;
    size_t weights;
  };
  std::vector<Span> spans;
  std::vector<float> weights;
};

class Square {
 public:
  // out: size * size * 3 bytes, RGB, upright.
  Square(const Rows& photo, const Crop& crop, uint8_t* out);

  // Strips must come in order.
  void take(const Strip& strip);

  // Whether alpha, where there is one, was 255 all over so far.
  bool opaque() const { return opaque_; }

 private:
  void finish(int row);

  int width_;
  int channels_;
  size_t row_numbers_;
  bool opaque_ = true;
  Taps across_;
  Taps down_;
  // Where row and column 0 of the result, as stored, go, and by how many bytes one goes on to the next.
  uint8_t* origin_;
  ptrdiff_t next_column_;
  ptrdiff_t next_row_;
  // Rows of the result that are begun, from row `begun_`: one float for each number of the photo's row under the square.
  std::deque<std::vector<float>> sums_;
  int begun_ = 0;
};

}  // namespace emo_aen
