// Splits a kernel's work into parts and lets idle threads help with it.
//
// Which part is which depends on the tensor's shape alone, never on the number of threads or on who was free; where parts
// give sums, the caller adds them up in their order. So a kernel gives the same bits on one thread and on sixty-four.
#pragma once

#include <cstdint>
#include <functional>

namespace emo_aen {

// Calls part(0) .. part(count - 1), each once, on this thread and on up to TF_NUM_INTRAOP_THREADS - 1 others; returns when all are done.
void parallel(int64_t count, const std::function<void(int64_t)>& part);

// Floats that a part of an elementwise pass covers: 128 KiB, so that what is read twice is read from the second-level cache.
constexpr int64_t kPartFloats = 32768;

}  // namespace emo_aen
