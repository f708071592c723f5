// What the remarks of libjpeg and libtiff mean for the picture.
//
// Both libraries decode what they can and remark on the rest. Some remarks say that data are missing, or that pixels were made up for them: the
// photo is damaged. Others are about headers and tags, and the picture is whole: cameras, scanners and editors of metadata write such files.
#pragma once

#include <string_view>

namespace emo_aen {

// When a library remarks: while it reads headers and tags, or while it decodes pixels.
enum class Stage { kHeader, kPixels };

bool means_damage(std::string_view remark, Stage stage);

}  // namespace emo_aen
