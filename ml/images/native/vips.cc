// Rows by the libvips that sharp has loaded already, without sharp's pipeline for each photo: its threads and buffers cost more than decoding a photo
// of half a megapixel.
#include <vips/vips.h>

#include <algorithm>
#include <stdexcept>

#include "remarks.h"
#include "rows.h"

namespace emo_aen {
namespace {

[[noreturn]] void fail() { throw VipsError(vips_error_buffer()); }

// Remarks come by GLib's log, in the thread that decodes: libtiff's, and others' through libvips.
thread_local Stage stage;
thread_local std::string* damage = nullptr;

void hear(const gchar*, GLogLevelFlags, const gchar* remark, gpointer) {
  if (damage != nullptr && damage->empty() && means_damage(remark, stage)) *damage = remark;
}

// While it lives, remarks of this thread that mean damage are kept in `found`; the first stays.
class Hearing {
 public:
  Hearing(Stage now, std::string& found) {
    stage = now;
    damage = &found;
  }
  ~Hearing() { damage = nullptr; }
  Hearing(const Hearing&) = delete;
  Hearing& operator=(const Hearing&) = delete;
};

struct Release {
  void operator()(void* object) const { g_object_unref(object); }
};
using Image = std::unique_ptr<VipsImage, Release>;

// Puts what `step` makes of it in the place of the image.
template <typename Step>
bool replace(Image& image, const Step& step) {
  VipsImage* result = nullptr;
  if (step(image.get(), &result) != 0) return false;
  image.reset(result);
  return true;
}

VipsInterpretation space_of(const Image& image) { return vips_image_get_interpretation(image.get()); }

// As sharp does: by the photo's profile where it has one, and inks without one by a profile of libvips'. A profile that cannot be used is passed
// over; whoever must not have that asks for it before (colour.ts).
void convert_by_profile(Image& image) {
  const VipsInterpretation space = space_of(image);
  const bool has_profile = vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) != 0;
  if (!has_profile && space != VIPS_INTERPRETATION_CMYK) return;
  if (space == VIPS_INTERPRETATION_GREY16 || space == VIPS_INTERPRETATION_LABS) return;
  const bool converted = replace(image, [&](VipsImage* in, VipsImage** out) {
    const int depth = space == VIPS_INTERPRETATION_RGB16 ? 16 : 8;
    if (!has_profile)
      return vips_icc_transform(in, out, "srgb", "input_profile", "cmyk", "intent", VIPS_INTENT_PERCEPTUAL, "depth", depth, nullptr);
    return vips_icc_transform(in, out, "srgb", "embedded", TRUE, "intent", VIPS_INTENT_PERCEPTUAL, "depth", depth, nullptr);
  });
  if (!converted) vips_error_clear();
}

void to_srgb(Image& image, bool ignore_profile) {
  if (!ignore_profile || space_of(image) == VIPS_INTERPRETATION_CMYK) convert_by_profile(image);
  const bool converted =
      space_of(image) == VIPS_INTERPRETATION_sRGB ||
      replace(image, [](VipsImage* in, VipsImage** out) { return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, nullptr); });
  if (!converted) fail();
  const bool cast = vips_image_get_format(image.get()) == VIPS_FORMAT_UCHAR ||
                    replace(image, [](VipsImage* in, VipsImage** out) { return vips_cast_uchar(in, out, nullptr); });
  if (!cast) fail();
}

class Vips : public Rows {
 public:
  explicit Vips(const Source& source) {
    const Hearing hearing(Stage::kHeader, damage_);
    image_.reset(vips_image_new_from_buffer(source.bytes, source.length, source.loader.c_str(), "access", VIPS_ACCESS_SEQUENTIAL, nullptr));
    if (image_ == nullptr) fail();
    to_srgb(image_, source.ignore_profile);
    if (channels() != 3 && channels() != 4) throw std::runtime_error("decodes to " + std::to_string(channels()) + " channels instead of 3");
  }

  int width() const override { return vips_image_get_width(image_.get()); }
  int height() const override { return vips_image_get_height(image_.get()); }
  int channels() const override { return vips_image_get_bands(image_.get()); }

  void for_each_strip(const std::function<void(const Strip&)>& take) override {
    const Hearing hearing(Stage::kPixels, damage_);
    const std::unique_ptr<VipsRegion, Release> region(vips_region_new(image_.get()));
    const int rows = std::clamp(kStripBytes / (width() * channels()), 1, 16);
    for (int first = 0; first < height(); first += rows) {
      const VipsRect strip = {0, first, width(), std::min(rows, height() - first)};
      if (vips_region_prepare(region.get(), &strip) != 0) fail();
      take({first, strip.height, VIPS_REGION_ADDR(region.get(), 0, first), static_cast<size_t>(VIPS_REGION_LSKIP(region.get()))});
    }
    if (!damage_.empty()) throw std::runtime_error(damage_);
  }

 private:
  std::string damage_;
  Image image_;
};

}  // namespace

void hear_remarks() {
  // As libvips' own code is called in its log. sharp's handler, which this one replaces, writes remarks for those who debug.
  g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING, hear, nullptr);
}

std::unique_ptr<Rows> open_by_vips(const Source& source) { return std::make_unique<Vips>(source); }

}  // namespace emo_aen
