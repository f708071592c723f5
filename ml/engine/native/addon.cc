// The Node addon: loading it tells TensorFlow, which must be in the process already, of the operations here.
#include <node_api.h>

#include "kernel.h"

NAPI_MODULE_INIT() {
  TF_Status* status = TF_NewStatus();
  emo_aen::register_batch_norm(status);
  emo_aen::register_depthwise(status);
  emo_aen::register_adamw(status);
  if (TF_GetCode(status) != TF_OK) napi_throw_error(env, nullptr, TF_Message(status));
  TF_DeleteStatus(status);
  return exports;
}
