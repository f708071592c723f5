#include "coded-data.h"

#include <algorithm>
#include <cstring>

namespace emo_aen {
namespace {

// Unstuffed at once: what a second-level cache holds easily.
constexpr size_t kChunk = 64 * 1024;

}  // namespace

CodedData::CodedData(const uint8_t* data, size_t length) : source_(data), end_(data + length), bytes_(2 * kChunk) {}

CodedData::Bits CodedData::bits(size_t bytes) {
  if (at_ / 8 + bytes > filled_) unstuff();
  Bits bits = {bytes_.data() + at_ / 8, 0, 0};
  bits.fill();
  bits.skip(static_cast<int>(at_ % 8));
  return bits;
}

bool CodedData::stop(const Bits& bits) {
  at_ = static_cast<size_t>(bits.at - bytes_.data()) * 8 - static_cast<size_t>(bits.held);
  return at_ <= 8 * filled_;
}

// Moves what is left to the front and adds what follows, up to a chunk of it or the next marker.
void CodedData::unstuff() {
  const size_t left = filled_ - at_ / 8;
  std::memmove(bytes_.data(), bytes_.data() + at_ / 8, left);
  at_ %= 8;
  filled_ = left;
  while (filled_ < kChunk && source_ < end_) {
    const size_t most = std::min(kChunk - filled_, static_cast<size_t>(end_ - source_));
    const void* found = std::memchr(source_, 0xff, most);
    const size_t plain = found == nullptr ? most : static_cast<size_t>(static_cast<const uint8_t*>(found) - source_);
    std::memcpy(bytes_.data() + filled_, source_, plain);
    filled_ += plain;
    source_ += plain;
    if (found == nullptr) continue;
    if (end_ - source_ < 2 || source_[1] != 0) break;
    bytes_[filled_++] = 0xff;
    source_ += 2;
  }
  std::memset(bytes_.data() + filled_, 0, bytes_.size() - filled_);
}

std::vector<uint8_t> CodedData::rest() {
  std::vector<uint8_t> rest;
  do {
    const auto first = bytes_.begin() + static_cast<ptrdiff_t>((at_ + 7) / 8);
    rest.insert(rest.end(), std::min(first, bytes_.begin() + static_cast<ptrdiff_t>(filled_)), bytes_.begin() + static_cast<ptrdiff_t>(filled_));
    at_ = 8 * filled_;
    unstuff();
  } while (filled_ > 0);
  return rest;
}

bool CodedData::pass_marker(uint8_t marker) {
  // Any number of 0xff may come before the one that counts.
  while (end_ - source_ >= 2 && source_[1] == 0xff) source_++;
  if (end_ - source_ < 2 || source_[1] != marker) return false;
  source_ += 2;
  return true;
}

}  // namespace emo_aen
