// A photo's pixels, row after row as a decoder makes them; none is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace emo_aen {

struct Source {
  const uint8_t* bytes;
  size_t length;
  // Whether the numbers are taken for sRGB's, whatever the profile says.
  bool ignore_profile;
  // 1: every pixel is decoded. 2, 4 or 8: a decoder that can gives every second, fourth or eighth row and column, and skips the work for the others.
  int shrink;
  // Whether bytes that a baseline JPEG's blocks leave over count as damage, where its codes alone are read. Cameras leave some; a hole does, too.
  bool insists_on_end;
  // What libvips' loader is told besides, as `[shrink=8]`.
  std::string loader;
};

// Rows first .. first + count - 1, `stride` bytes apart.
struct Strip {
  int first;
  int count;
  const uint8_t* rows;
  size_t stride;
};

// A strip's bytes, for a decoder that may choose. Memory blocks of 128 KiB and more are given back to the system after each use, and every page of them
// is then filled with zeros again.
constexpr int kStripBytes = 96 * 1024;

// Eight bits, sRGB, three channels or (with alpha) four; turned as the file stores them.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual int width() const = 0;
  virtual int height() const = 0;
  virtual int channels() const = 0;
  // Every row once, from the top. Throws std::runtime_error where the decoder fails or warns.
  virtual void for_each_strip(const std::function<void(const Strip&)>& take) = 0;
};

// What libvips says: of all threads at once, see ../own-words.ts.
class VipsError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool is_jpeg(const Source& source);
// Decodes all of a JPEG for nothing. Throws std::runtime_error where data are missing or made up.
void insist_on_whole_jpeg(Source source);
// JPEG by libjpeg-turbo itself; null for what it has no red, green and blue of (inks), and for what is no JPEG.
std::unique_ptr<Rows> open_jpeg(const Source& source);
// Everything else by the libvips that sharp brings. Throws std::runtime_error: VipsError where the words are libvips'.
std::unique_ptr<Rows> open_by_vips(const Source& source);
// To be called once, before the first photo.
void hear_remarks();

}  // namespace emo_aen
