// libjpeg-turbo, asked for rows without a pipeline around it: half of the time that sharp takes for a small JPEG, three quarters for one of 12 megapixels.
// DCT and upsampling are libjpeg's accurate ones, its defaults, so that pixels are those of Pillow and libvips.
#include <cstdio>  // jpeglib.h wants FILE

// The headers are those of a build with libjpeg 8's structures, the library is one with libjpeg 6b's; jpeg_create_decompress compares both.
#include <jconfig.h>
#define JCONFIG_INCLUDED
#undef JPEG_LIB_VERSION
#define JPEG_LIB_VERSION 62
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <vector>

#include "block-means.h"
#include "remarks.h"
#include "rows.h"

namespace emo_aen {
namespace {

struct Errors {
  jpeg_error_mgr manager;  // first: libjpeg's pointer to it is one to the whole
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  const uint8_t* start;
};

constexpr int kEndOfImage = 0xd9;

[[noreturn]] void jump_out(j_common_ptr info) {
  Errors* errors = reinterpret_cast<Errors*>(info->err);
  errors->manager.format_message(info, errors->message);
  std::longjmp(errors->jump, 1);
}

// Bytes that cameras leave behind data: a few, or equal ones before the end. libjpeg says how many it passed over, and stands behind the last of them.
bool are_spare(const j_decompress_ptr info) {
  const std::string_view says = info->err->jpeg_message_table[info->err->msg_code];
  if (says.find("extraneous bytes") == std::string_view::npos) return false;
  const size_t count = static_cast<size_t>(info->err->msg_parm.i[0]);
  const int marker = info->err->msg_parm.i[1];
  if (count <= kSpareBytes) return true;
  const uint8_t* end = info->src->next_input_byte;
  const size_t before = static_cast<size_t>(end - reinterpret_cast<Errors*>(info->err)->start);
  return marker == kEndOfImage && count <= before && std::all_of(end - count, end, [&](uint8_t byte) { return byte == end[-1]; });
}

void judge_remark(j_common_ptr common, int level) {
  if (level >= 0) return;
  const j_decompress_ptr info = reinterpret_cast<j_decompress_ptr>(common);
  char remark[JMSG_LENGTH_MAX];
  info->err->format_message(common, remark);
  // A scan is counted with its header, behind which its data begin.
  const Stage stage = info->input_scan_number == 0 ? Stage::kHeader : Stage::kPixels;
  if (means_damage(remark, stage) && !are_spare(info)) jump_out(common);
}

class Jpeg : public Rows {
 public:
  explicit Jpeg(const Source& source) : insists_on_end_(source.insists_on_end) {
    info_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = jump_out;
    errors_.manager.emit_message = judge_remark;
    errors_.start = source.bytes;
    try {
      guarded([&] {
        jpeg_create_decompress(&info_);
        jpeg_mem_src(&info_, source.bytes, source.length);
        jpeg_read_header(&info_, TRUE);
      });
      if (has_colours()) info_.out_color_space = JCS_RGB;
      info_.scale_num = 1;
      info_.scale_denom = static_cast<unsigned>(source.shrink);
      guarded([&] { jpeg_calc_output_dimensions(&info_); });
    } catch (...) {
      jpeg_destroy_decompress(&info_);
      throw;
    }
  }
  ~Jpeg() override { jpeg_destroy_decompress(&info_); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  // An eighth of its size, from the means of its blocks, where one scan holds all of them, coded in Huffman's way by tables of its own.
  bool has_block_means() const {
    return info_.scale_denom == DCTSIZE && !info_.progressive_mode && !info_.arith_code && info_.data_precision == 8 &&
           info_.comps_in_scan == info_.num_components && blocks_in_unit() <= D_MAX_BLOCKS_IN_MCU && has_tables() &&
           (info_.jpeg_color_space == JCS_YCbCr || info_.jpeg_color_space == JCS_GRAYSCALE);
  }

  // Frames of Motion JPEG have none: libjpeg takes the standard's.
  bool has_tables() const {
    for (int place = 0; place < info_.comps_in_scan; place++) {
      const jpeg_component_info& component = *info_.cur_comp_info[place];
      if (!is_there(info_.quant_tbl_ptrs, component.quant_tbl_no) || !is_there(info_.dc_huff_tbl_ptrs, component.dc_tbl_no) ||
          !is_there(info_.ac_huff_tbl_ptrs, component.ac_tbl_no))
        return false;
    }
    return true;
  }

  template <typename Table, size_t Count>
  static bool is_there(Table* const (&tables)[Count], int number) {
    return number >= 0 && static_cast<size_t>(number) < Count && tables[number] != nullptr;
  }

  int blocks_in_unit() const {
    int blocks = 0;
    for (int place = 0; place < info_.num_components; place++)
      blocks += info_.comp_info[place].h_samp_factor * info_.comp_info[place].v_samp_factor;
    return blocks;
  }

  int width() const override { return static_cast<int>(info_.output_width); }
  int height() const override { return static_cast<int>(info_.output_height); }
  int channels() const override { return info_.out_color_components; }
  bool has_colours() const { return info_.jpeg_color_space != JCS_CMYK && info_.jpeg_color_space != JCS_YCCK; }

  void for_each_strip(const std::function<void(const Strip&)>& take) override {
    if (has_block_means()) return for_each_strip_of_means(take);
    const size_t stride = static_cast<size_t>(width()) * channels();
    std::vector<uint8_t> pixels(stride * std::clamp<size_t>(kStripBytes / stride, 1, 16));
    std::vector<JSAMPROW> rows;
    for (size_t at = 0; at < pixels.size(); at += stride) rows.push_back(&pixels[at]);
    guarded([&] { jpeg_start_decompress(&info_); });
    for (int first = 0; first < height();) {
      int count = 0;
      guarded([&] {
        while (count < static_cast<int>(rows.size()) && info_.output_scanline < info_.output_height)
          count += static_cast<int>(jpeg_read_scanlines(&info_, &rows[count], static_cast<JDIMENSION>(rows.size()) - count));
      });
      take({first, count, pixels.data(), stride});
      first += count;
    }
  }

 private:
  void for_each_strip_of_means(const std::function<void(const Strip&)>& take) {
    const Scan scan = scan_of();
    BlockMeans means(scan, insists_on_end_);
    const size_t stride = static_cast<size_t>(width()) * channels();
    std::vector<uint8_t> pixels(stride * static_cast<size_t>(scan.down));
    for (int first = 0; first < height(); first += scan.down) {
      write_colours(scan, means.next_row(), pixels.data());
      take({first, std::min(scan.down, height() - first), pixels.data(), stride});
    }
  }

  Scan scan_of() {
    const bool grey = info_.num_components == 1;
    const int across = grey ? 1 : info_.max_h_samp_factor;
    const int down = grey ? 1 : info_.max_v_samp_factor;
    const auto units = [](JDIMENSION pixels, int blocks) { return static_cast<int>((pixels + 8 * blocks - 1) / (8 * blocks)); };
    Scan scan = {across, down, units(info_.image_width, across), units(info_.image_height, down), static_cast<int>(info_.restart_interval), {},
                 info_.src->next_input_byte, info_.src->bytes_in_buffer};
    for (int place = 0; place < info_.comps_in_scan; place++) {
      const jpeg_component_info& component = *info_.cur_comp_info[place];
      const JQUANT_TBL* steps = info_.quant_tbl_ptrs[component.quant_tbl_no];
      const JHUFF_TBL* dc = info_.dc_huff_tbl_ptrs[component.dc_tbl_no];
      const JHUFF_TBL* ac = info_.ac_huff_tbl_ptrs[component.ac_tbl_no];
      scan.components.push_back({grey ? 1 : component.h_samp_factor, grey ? 1 : component.v_samp_factor, steps->quantval[0],
                                 {dc->bits + 1, dc->huffval}, {ac->bits + 1, ac->huffval}});
    }
    return scan;
  }

  // Red, green and blue (JFIF 1.02) of a row of units; a mean of fewer blocks stands for all of their pixels.
  void write_colours(const Scan& scan, const std::vector<std::vector<uint8_t>>& means, uint8_t* pixels) const {
    std::vector<float> values[3];
    for (int row = 0; row < scan.down; row++) {
      for (size_t which = 0; which < means.size(); which++) {
        const ScanComponent& component = scan.components[which];
        const uint8_t* line = means[which].data() + row * component.down / scan.down * scan.units_across * component.across;
        values[which].resize(static_cast<size_t>(scan.units_across) * scan.across);
        for (int column = 0; column < scan.across; column++) {
          const int from = column * component.across / scan.across;
          for (int unit = 0; unit < scan.units_across; unit++) values[which][unit * scan.across + column] = line[unit * component.across + from];
        }
      }
      for (size_t column = 0; column < info_.output_width; column++) {
        const float luma = values[0][column];
        const float blue = means.size() == 1 ? 0 : values[1][column] - 128;
        const float red = means.size() == 1 ? 0 : values[2][column] - 128;
        for (const float value : {luma + 1.402f * red, luma - 0.344136f * blue - 0.714136f * red, luma + 1.772f * blue})
          *pixels++ = static_cast<uint8_t>(std::clamp(value + 0.5f, 0.0f, 255.0f));
      }
    }
  }

  // libjpeg leaves by longjmp, which runs no destructor: `work` captures by reference alone and makes no object that has one. It calls libjpeg and
  // counts; whatever else is to be done is done before or afterwards.
  template <typename Work>
  void guarded(const Work& work) {
    static_assert(std::is_trivially_destructible_v<Work>, "what a longjmp passes over must have no destructor");
    if (setjmp(errors_.jump) != 0) throw std::runtime_error(errors_.message);
    work();
  }

  jpeg_decompress_struct info_ = {};
  Errors errors_ = {};
  bool insists_on_end_;
};

}  // namespace

bool is_jpeg(const Source& source) { return source.length >= 2 && source.bytes[0] == 0xff && source.bytes[1] == 0xd8; }

void insist_on_whole_jpeg(Source source) {
  source.shrink = 1;
  Jpeg(source).for_each_strip([](const Strip&) {});
}

std::unique_ptr<Rows> open_jpeg(const Source& source) {
  if (!is_jpeg(source)) return nullptr;
  auto jpeg = std::make_unique<Jpeg>(source);
  if (!jpeg->has_colours()) return nullptr;
  return jpeg;
}

}  // namespace emo_aen
