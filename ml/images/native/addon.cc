// The Node addon: `decodeSquare` in one of Node's pool threads, so that JavaScript goes on meanwhile.
#include <node_api.h>
#include <vips/vips.h>

#include <exception>
#include <memory>
#include <string>

#include "rows.h"
#include "square.h"

namespace emo_aen {
namespace {

struct Job {
  Source source;
  Crop crop;
  uint8_t* out;
  bool opaque = true;
  std::string error;
  // Whose words `error` is.
  const char* code = nullptr;
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
  // Keep the memory of `source` and `out` alive.
  napi_ref bytes = nullptr;
  napi_ref square = nullptr;
};

void decode(Job& job) {
  std::unique_ptr<Rows> photo = job.source.ignore_profile ? open_jpeg(job.source) : nullptr;
  if (photo == nullptr) photo = open_by_vips(job.source);
  Square square(*photo, job.crop, job.out);
  photo->for_each_strip([&](const Strip& strip) { square.take(strip); });
  job.opaque = square.opaque();
}

// libvips takes every remark of libjpeg for damage. Which it is tells our own way through the JPEG.
void decode_judging(Job& job) {
  try {
    decode(job);
  } catch (const VipsError&) {
    if (!is_jpeg(job.source)) throw;
    insist_on_whole_jpeg(job.source);
    job.source.loader = "[fail_on=none]";
    decode(job);
  }
}

void run(napi_env, void* data) {
  Job& job = *static_cast<Job*>(data);
  try {
    decode_judging(job);
  } catch (const VipsError& error) {
    job.code = "LIBVIPS";
    job.error = error.what();
  } catch (const std::exception& error) {
    job.code = "DECODER";
    job.error = error.what();
  }
}

void settle(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Job> job(static_cast<Job*>(data));
  if (status != napi_ok) {
    job->code = "DECODER";
    job->error = "was not decoded: its thread ends";
  }
  napi_value value;
  if (job->code == nullptr) {
    napi_get_boolean(env, job->opaque, &value);
    napi_resolve_deferred(env, job->deferred, value);
  } else {
    napi_value code, message;
    napi_create_string_utf8(env, job->code, NAPI_AUTO_LENGTH, &code);
    napi_create_string_utf8(env, job->error.data(), job->error.size(), &message);
    napi_create_error(env, code, message, &value);
    napi_reject_deferred(env, job->deferred, value);
  }
  napi_delete_reference(env, job->bytes);
  napi_delete_reference(env, job->square);
  napi_delete_async_work(env, job->work);
}

// False where the object has no such number. A fraction is cut off.
bool number(napi_env env, napi_value object, const char* name, int64_t* result) {
  napi_value value;
  return napi_get_named_property(env, object, name, &value) == napi_ok && napi_get_value_int64(env, value, result) == napi_ok;
}

// The longest side of a square: three bytes for each of its pixels are counted without overflow.
constexpr int64_t kLongestSide = 1 << 15;
// Past it a double, in which places are computed, skips whole numbers.
constexpr int64_t kLargestPlace = int64_t{1} << 52;

bool lies_within(int64_t from, int64_t size, int64_t all) { return all <= kLargestPlace && size <= all && from >= 0 && from <= all - size; }

bool is_sound(const Crop& crop) {
  return crop.size >= 1 && crop.size <= kLongestSide && lies_within(crop.left, crop.size, crop.resized_width) &&
         lies_within(crop.top, crop.size, crop.resized_height) && crop.orientation >= 1 && crop.orientation <= 8;
}

bool is_shrink(int64_t shrink) { return shrink == 1 || shrink == 2 || shrink == 4 || shrink == 8; }

// decodeSquare(bytes: Uint8Array, square: Uint8Array, crop: Crop, decoder: Decoding): Promise<boolean>, see ../decoder.ts
napi_value decode_square(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const auto [bytes, square, crop, decoder] = arguments;
  auto job = std::make_unique<Job>();
  void* in = nullptr;
  void* out = nullptr;
  size_t out_length = 0;
  napi_typedarray_type in_type, out_type;
  napi_value text;
  char loader[64];
  Crop& wanted = job->crop;
  int64_t ignore_profile = 0;
  int64_t insists_on_end = 0;
  int64_t shrink = 0;
  const bool understood =
      count == 4 && napi_get_typedarray_info(env, bytes, &in_type, &job->source.length, &in, nullptr, nullptr) == napi_ok &&
      napi_get_typedarray_info(env, square, &out_type, &out_length, &out, nullptr, nullptr) == napi_ok &&
      in_type == napi_uint8_array && out_type == napi_uint8_array && number(env, crop, "resizedWidth", &wanted.resized_width) &&
      number(env, crop, "resizedHeight", &wanted.resized_height) && number(env, crop, "left", &wanted.left) &&
      number(env, crop, "top", &wanted.top) && number(env, crop, "size", &wanted.size) &&
      number(env, crop, "orientation", &wanted.orientation) && number(env, decoder, "ignoreProfile", &ignore_profile) &&
      number(env, decoder, "insistOnEnd", &insists_on_end) && number(env, decoder, "shrink", &shrink) && napi_get_named_property(env, decoder, "loader", &text) == napi_ok &&
      napi_get_value_string_utf8(env, text, loader, sizeof loader, nullptr) == napi_ok;
  if (!understood || !is_sound(wanted) || !is_shrink(shrink) || out_length != static_cast<size_t>(wanted.size * wanted.size * 3)) {
    napi_throw_type_error(env, nullptr, "decodeSquare(bytes, square of size * size * 3 bytes, crop within the resized photo, decoder)");
    return nullptr;
  }
  job->source.bytes = static_cast<const uint8_t*>(in);
  job->source.ignore_profile = ignore_profile != 0;
  job->source.insists_on_end = insists_on_end != 0;
  job->source.shrink = static_cast<int>(shrink);
  job->source.loader = loader;
  job->out = static_cast<uint8_t*>(out);
  napi_create_reference(env, bytes, 1, &job->bytes);
  napi_create_reference(env, square, 1, &job->square);
  napi_value promise;
  napi_create_promise(env, &job->deferred, &promise);
  napi_value name;
  napi_create_string_utf8(env, "emo-aen:decodeSquare", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, run, settle, job.get(), &job->work);
  napi_queue_async_work(env, job.release()->work);
  return promise;
}

// forgetWords(): void, see ../decoder.ts
napi_value forget_words(napi_env, napi_callback_info) {
  vips_error_clear();
  return nullptr;
}

}  // namespace
}  // namespace emo_aen

NAPI_MODULE_INIT() {
  if (VIPS_INIT("emo-aen") != 0) {
    napi_throw_error(env, nullptr, vips_error_buffer());
    return nullptr;
  }
  emo_aen::hear_remarks();
  napi_value function;
  napi_create_function(env, "forgetWords", NAPI_AUTO_LENGTH, emo_aen::forget_words, nullptr, &function);
  napi_set_named_property(env, exports, "forgetWords", function);
  napi_create_function(env, "decodeSquare", NAPI_AUTO_LENGTH, emo_aen::decode_square, nullptr, &function);
  napi_set_named_property(env, exports, "decodeSquare", function);
  return exports;
}
