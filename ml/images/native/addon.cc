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
  napi_deferred deferred = nullptr;
  napi_async_work work = nullptr;
  // Keep the memory of `source` and `out` alive.
  napi_ref bytes = nullptr;
  napi_ref square = nullptr;
};

void run(napi_env, void* data) {
  Job& job = *static_cast<Job*>(data);
  try {
    std::unique_ptr<Rows> photo = job.source.ignore_profile ? open_jpeg(job.source) : nullptr;
    if (photo == nullptr) photo = open_by_vips(job.source);
    Square square(*photo, job.crop, job.out);
    photo->for_each_strip([&](const Strip& strip) { square.take(strip); });
    job.opaque = square.opaque();
  } catch (const std::exception& error) {
    job.error = error.what();
  }
}

void settle(napi_env env, napi_status status, void* data) {
  const std::unique_ptr<Job> job(static_cast<Job*>(data));
  if (status != napi_ok) job->error = "was not decoded: its thread ends";
  napi_value value;
  if (job->error.empty()) {
    napi_get_boolean(env, job->opaque, &value);
    napi_resolve_deferred(env, job->deferred, value);
  } else {
    napi_value message;
    napi_create_string_utf8(env, job->error.data(), job->error.size(), &message);
    napi_create_error(env, nullptr, message, &value);
    napi_reject_deferred(env, job->deferred, value);
  }
  napi_delete_reference(env, job->bytes);
  napi_delete_reference(env, job->square);
  napi_delete_async_work(env, job->work);
}

int number(napi_env env, napi_value object, const char* name) {
  napi_value value;
  int32_t result = 0;
  napi_get_named_property(env, object, name, &value);
  napi_get_value_int32(env, value, &result);
  return result;
}

// decodeSquare(bytes: Uint8Array, square: Uint8Array, crop: Crop, decoder: Decoder): Promise<boolean>, see ../decoder.ts
napi_value decode_square(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  const auto [bytes, square, crop, decoder] = arguments;
  auto job = std::make_unique<Job>();
  void* in = nullptr;
  void* out = nullptr;
  size_t out_length = 0;
  napi_value text;
  char loader[32];
  bool understood = count == 4;
  understood = understood && napi_get_typedarray_info(env, bytes, nullptr, &job->source.length, &in, nullptr, nullptr) == napi_ok;
  understood = understood && napi_get_typedarray_info(env, square, nullptr, &out_length, &out, nullptr, nullptr) == napi_ok;
  understood = understood && napi_get_named_property(env, decoder, "loader", &text) == napi_ok;
  understood = understood && napi_get_value_string_utf8(env, text, loader, sizeof loader, nullptr) == napi_ok;
  job->crop = {number(env, crop, "resizedWidth"), number(env, crop, "resizedHeight"), number(env, crop, "left"),
               number(env, crop, "top"),          number(env, crop, "size"),          number(env, crop, "orientation")};
  const size_t size = static_cast<size_t>(job->crop.size);
  if (!understood || out_length != size * size * 3 || job->crop.orientation < 1 || job->crop.orientation > 8) {
    napi_throw_type_error(env, nullptr, "decodeSquare(bytes, square of size * size * 3 bytes, crop, decoder)");
    return nullptr;
  }
  job->source.bytes = static_cast<const uint8_t*>(in);
  job->source.ignore_profile = number(env, decoder, "ignoreProfile") != 0;
  job->source.shrink = number(env, decoder, "shrink");
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

}  // namespace
}  // namespace emo_aen

NAPI_MODULE_INIT() {
  if (VIPS_INIT("emo-aen") != 0) {
    napi_throw_error(env, nullptr, vips_error_buffer());
    return nullptr;
  }
  napi_value function;
  napi_create_function(env, "decodeSquare", NAPI_AUTO_LENGTH, emo_aen::decode_square, nullptr, &function);
  napi_set_named_property(env, exports, "decodeSquare", function);
  return exports;
}
