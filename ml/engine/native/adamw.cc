// AdamW's update of one parameter in one pass (see ml/engine/optimizer.ts, which says the same in fourteen kernels of TensorFlow).
#include <cmath>

#include "kernel.h"
#include "parallel.h"

namespace emo_aen {
namespace {

struct Numbers {
  float clip, keep, step_size, correction, beta1, beta2, epsilon;
};

void update(const float* __restrict p, const float* __restrict m, const float* __restrict v, const float* __restrict g, int64_t count,
            const Numbers& n, float* __restrict new_p, float* __restrict new_m, float* __restrict new_v) {
  const float fresh1 = 1.0f - n.beta1, fresh2 = 1.0f - n.beta2;
  for (int64_t i = 0; i < count; i++) {
    const float gradient = g[i] * n.clip;
    const float first = m[i] + (gradient - m[i]) * fresh1;
    const float second = v[i] * n.beta2 + gradient * gradient * fresh2;
    new_m[i] = first;
    new_v[i] = second;
    new_p[i] = p[i] * n.keep - first * n.step_size / (std::sqrt(second) / n.correction + n.epsilon);
  }
}

class AdamW {
 public:
  explicit AdamW(Attributes& attributes)
      : beta1_(attributes.real("beta1")),
        beta2_(attributes.real("beta2")),
        epsilon_(attributes.real("epsilon")),
        decaying_(attributes.whole("decaying")) {}

  void run(Call& call) const {
    const Shape shape = call.shape(0);
    const float* tensors[4];
    for (int index = 0; index < 4; index++) tensors[index] = call.input(index);
    const float* scalars[4];
    for (int index = 0; index < 4; index++) scalars[index] = call.input(4 + index);
    float* p = call.output(0, shape);
    float* m = call.output(1, shape);
    float* v = call.output(2, shape);
    if (!call.ok()) return;
    const Numbers numbers{*scalars[0], decaying_ != 0 ? *scalars[1] : 1.0f, *scalars[2], *scalars[3], beta1_, beta2_, epsilon_};
    const int64_t size = size_of(shape);
    parallel((size + kPartFloats - 1) / kPartFloats, [&](int64_t part) {
      const int64_t from = part * kPartFloats, count = std::min(size - from, kPartFloats);
      update(tensors[0] + from, tensors[1] + from, tensors[2] + from, tensors[3] + from, count, numbers, p + from, m + from, v + from);
    });
  }

 private:
  float beta1_, beta2_, epsilon_;
  int64_t decaying_;
};

}  // namespace

void register_adamw(TF_Status* status) {
  register_kernel<AdamW>("EmoAdamW", {"parameter", "m", "v", "gradient", "clip", "keep", "step_size", "correction"},
                         {"new_parameter", "new_m", "new_v"}, {"beta1: float", "beta2: float", "epsilon: float", "decaying: int"}, status);
}

}  // namespace emo_aen
