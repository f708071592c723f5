#include "remarks.h"

#include <algorithm>
#include <iterator>

namespace emo_aen {
namespace {

enum Meaning {
  // The picture is whole.
  kNote,
  // Data are missing, or pixels were made up.
  kDamage,
};

struct Remark {
  // What is always in its text.
  std::string_view says;
  Meaning in_header;
  Meaning in_pixels;
};

constexpr Remark kRemarks[] = {
    // libjpeg (jerror.h), also of a JPEG within a TIFF.
    {"Invalid SOS parameters for sequential JPEG", kNote, kNote},  // every decoder passes over them
    {"unknown JFIF revision number", kNote, kNote},
    {"Unknown Adobe color transform code", kNote, kNote},
    {"bad ICC marker", kNote, kNote},                         // the profile is judged elsewhere
    {"extraneous bytes before marker", kNote, kDamage},       // between two segments; behind data it is data that nothing used
    {"Inconsistent progression sequence", kDamage, kDamage},  // a scan is missing, or came twice
    {"premature end of data segment", kDamage, kDamage},
    {"Premature end of JPEG file", kDamage, kDamage},
    {"bad Huffman code", kDamage, kDamage},
    {"bad arithmetic code", kDamage, kDamage},
    {"instead of RST", kDamage, kDamage},

    // libtiff, of pixels.
    {"lack of data", kDamage, kDamage},
    {"Discarding", kDamage, kDamage},  // bytes of a run that goes on behind the last pixel
    {"Premature EOL", kDamage, kDamage},
    {"Premature EOF", kDamage, kDamage},
    {"Line length mismatch", kDamage, kDamage},
    {"Only decoded", kDamage, kDamage},
    {"data truncated", kDamage, kDamage},
    {"Improper JPEG strip/tile size", kDamage, kDamage},      // fewer pixels than there have to be
    {"JPEG strip size exceeds expected", kNote, kNote},       // more of them
    {"not terminated with EOI code", kNote, kNote},
    {"Old-style LZW codes", kNote, kNote},
    {"fractional scanline", kNote, kNote},
    {"encoded with progressive mode", kNote, kNote},
    {"fax Group 3 data without EOL", kNote, kNote},
    {"subsampling values", kNote, kNote},                     // taken from the JPEG instead of the tag
    {"8-bit colormap", kNote, kNote},
    {"8-bit palette", kNote, kNote},

    // libtiff, of tags: whatever else it says while it reads the directory.
    {"", kNote, kDamage},
};

}  // namespace

bool means_damage(std::string_view remark, Stage stage) {
  const Remark& row = *std::find_if(std::begin(kRemarks), std::end(kRemarks),
                                    [&](const Remark& each) { return remark.find(each.says) != std::string_view::npos; });
  return (stage == Stage::kHeader ? row.in_header : row.in_pixels) == kDamage;
}

}  // namespace emo_aen
