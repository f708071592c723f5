// What a kernel here is to TensorFlow: an operation with float32 inputs and outputs on the CPU, through the C interface, which is
// the same from release to release (tensorflow/c/{ops,kernels}.h).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_tensor.h"

namespace emo_aen {

// Numbers fixed when the graph is made.
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}
  ~Attributes() { TF_DeleteStatus(status_); }
  float real(const char* name);
  int64_t whole(const char* name);

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

using Shape = std::vector<int64_t>;

// One execution: inputs to read, outputs to write. A failure is told to TensorFlow, which ends the step with it.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call();
  const float* input(int index);
  Shape shape(int index);
  float* output(int index, const Shape& shape);
  // An output that may take over the memory of input `reused`, if nothing else reads that.
  float* output_over(int index, const Shape& shape, int reused);
  bool ok() const { return TF_GetCode(status_) == TF_OK; }

 private:
  float* keep(TF_Tensor* made);
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> outputs_;
};

inline int64_t size_of(const Shape& shape) {
  int64_t size = 1;
  for (int64_t side : shape) size *= side;
  return size;
}

// Registers `Kernel`, which is made from Attributes and has run(Call&), under `name`.
void register_operation(const char* name, std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs,
                        std::initializer_list<const char*> attributes, void* (*create)(TF_OpKernelConstruction*),
                        void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*), TF_Status* status);

template <typename Kernel>
void register_kernel(const char* name, std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs,
                     std::initializer_list<const char*> attributes, TF_Status* status) {
  register_operation(
      name, inputs, outputs, attributes,
      [](TF_OpKernelConstruction* construction) -> void* {
        Attributes read(construction);
        return new Kernel(read);
      },
      [](void* kernel, TF_OpKernelContext* context) {
        Call call(context);
        static_cast<const Kernel*>(kernel)->run(call);
      },
      [](void* kernel) { delete static_cast<Kernel*>(kernel); }, status);
}

void register_batch_norm(TF_Status* status);
void register_depthwise(TF_Status* status);
void register_adamw(TF_Status* status);

}  // namespace emo_aen
