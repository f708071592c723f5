// The coded data of a JPEG's scan without what is stuffed into them: 0xff stands for itself where a zero follows, else it begins a marker (ITU-T T.81, B.1.1.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emo_aen {

class CodedData {
 public:
  CodedData(const uint8_t* data, size_t length);

  // The next bits, from the highest on, and how many there are. Zeros follow behind the end.
  struct Bits {
    const uint8_t* at;
    uint64_t window;
    int held;

    // To at least 56 bits; reads eight bytes.
    void fill() {
      uint64_t bytes;
      __builtin_memcpy(&bytes, at, sizeof bytes);
      window |= __builtin_bswap64(bytes) >> held;
      at += (63 - held) >> 3;
      held |= 56;
    }
    void skip(int count) {
      window <<= count;
      held -= count;
    }
  };

  // From where the last ones stopped; enough for `bytes` that are read from it.
  Bits bits(size_t bytes);
  // Says how far was read; false where that is behind the end.
  bool stop(const Bits& bits);

  // The whole bytes that were not read, up to the next marker.
  std::vector<uint8_t> rest();
  // Goes on behind the next marker, which `rest` came to; false where it is another one, or none.
  bool pass_marker(uint8_t marker);

 private:
  void unstuff();

  const uint8_t* source_;
  const uint8_t* end_;
  // Unstuffed bytes, of which those from bit `at_` to `filled_` are to be read; zeros are behind them.
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
  size_t filled_ = 0;
};

}  // namespace emo_aen
