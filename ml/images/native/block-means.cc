#include "block-means.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace emo_aen {
namespace {

constexpr int kCodeBits = 16;
// So that tables which are looked up by them stay in the first-level cache.
constexpr int kFewBits = 12;
constexpr int kCoefficients = 64;
constexpr int kSixteenZeros = 0xf0;
constexpr int kFirstRestart = 0xd0;
// A unit has ten blocks at most (B.2.3), of 64 symbols that take 31 bits at most, values included.
constexpr size_t kUnitBytes = 10 * 64 * 4;
// A first coefficient of 8 bits' pixels is below 2,048 before it is quantised; so that no sum overflows, and encoders may err.
constexpr int kLargest = 32767;

[[noreturn]] void damaged(const char* message) { throw std::runtime_error(message); }

// Calls take(length, symbol, first, span) for each code: it stands at the beginning of all 16 bits from `first` on, `span` of them (T.81, annex C).
template <typename Take>
void for_each_code(const HuffmanTable& table, const Take& take) {
  const uint8_t* symbol = table.symbols;
  size_t first = 0;
  for (int length = 1; length <= kCodeBits; length++) {
    const size_t span = size_t{1} << (kCodeBits - length);
    for (int left = table.counts[length - 1]; left > 0 && first + span <= size_t{1} << kCodeBits; left--, first += span)
      take(length, *symbol++, first, span);
  }
}

}  // namespace

BlockMeans::BlockMeans(const Scan& scan, bool insists_on_end)
    : units_across_(scan.units_across),
      units_left_(scan.units_across * scan.units_down),
      restart_interval_(scan.restart_interval == 0 ? units_left_ : scan.restart_interval),
      until_restart_(restart_interval_),
      insists_on_end_(insists_on_end),
      data_(scan.data, scan.length) {
  for (const ScanComponent& component : scan.components) {
    components_.push_back(reading_of(component));
    means_.emplace_back(static_cast<size_t>(units_across_) * component.across * component.down);
  }
}

BlockMeans::Reading BlockMeans::reading_of(const ScanComponent& component) {
  constexpr size_t kAll = size_t{1} << kCodeBits;
  constexpr size_t kFew = size_t{1} << kFewBits;
  Reading reading = {component.across, component.down, component.step, {}, {}, {}, {}};
  reading.dc.resize(kAll);
  for_each_code(component.dc, [&](int length, uint8_t symbol, size_t first, size_t span) {
    if (symbol > 15) damaged("its tables are none of a picture of 8 bits");
    std::fill_n(reading.dc.begin() + static_cast<ptrdiff_t>(first), span, Step(length, symbol, false));
  });
  reading.ac.resize(kAll);
  std::vector<uint8_t> lengths(kAll);
  for_each_code(component.ac, [&](int length, uint8_t symbol, size_t first, size_t span) {
    const int size = symbol & 15;
    const bool ends = size == 0 && symbol != kSixteenZeros;
    std::fill_n(reading.ac.begin() + static_cast<ptrdiff_t>(first), span, Step(length + size, ends ? 0 : (symbol >> 4) + 1, ends));
    std::fill_n(lengths.begin() + static_cast<ptrdiff_t>(first), span, static_cast<uint8_t>(length));
  });
  for (size_t next = 0; next < kFew; next++) {
    const Step& dc = reading.dc[next << (kCodeBits - kFewBits)];
    reading.short_dc.push_back(dc.bits() > kFewBits ? Step() : dc);
    int bits = 0;
    int coefficients = 0;
    bool ends = false;
    while (bits < kFewBits && !ends) {
      const size_t place = (next << (kCodeBits - kFewBits) << bits) & (kAll - 1);
      const Step& ac = reading.ac[place];
      if (ac.bits() == 0 || bits + lengths[place] > kFewBits || coefficients + ac.coefficients() >= kCoefficients) break;
      bits += ac.bits();
      coefficients += ac.coefficients();
      ends = ac.ends_block();
    }
    reading.several_ac.emplace_back(bits, coefficients, ends);
  }
  return reading;
}

inline int BlockMeans::difference(CodedData::Bits& bits, const Reading& component) {
  bits.fill();
  Step step = component.short_dc[bits.window >> (64 - kFewBits)];
  if (step.bits() == 0) step = component.dc[bits.window >> (64 - kCodeBits)];
  if (step.bits() == 0) damaged("its data hold a code that no table has");
  const int size = step.coefficients();
  bits.skip(step.bits());
  // Without branches, which would be guessed wrong half of the time; shifted twice, since a difference may have no bits.
  const int value = static_cast<int>(bits.window >> 1 >> (63 - size));
  bits.skip(size);
  return value - (value < (1 << size >> 1) ? (1 << size) - 1 : 0);
}

inline void BlockMeans::pass_over(CodedData::Bits& bits, const Reading& component) {
  const Step* single = component.ac.data();
  const Step* several = component.several_ac.data();
  for (int coefficient = 1; coefficient < kCoefficients;) {
    bits.fill();
    // What few bits lead to takes 27 at most: twelve of codes, fifteen of the last one's value. A fill is enough for two.
    for (int turn = 0; turn < 2 && coefficient < kCoefficients; turn++) {
      Step step = several[bits.window >> (64 - kFewBits)];
      if (step.bits() == 0 || coefficient + step.coefficients() >= kCoefficients) {
        bits.fill();
        step = single[bits.window >> (64 - kCodeBits)];
        if (step.bits() == 0) damaged("its data hold a code that no table has");
      }
      bits.skip(step.bits());
      coefficient += step.coefficients();
      if (step.ends_block()) return;
    }
    if (coefficient > kCoefficients) damaged("its data hold a block of more than 64 coefficients");
  }
}

const std::vector<std::vector<uint8_t>>& BlockMeans::next_row() {
  for (int unit = 0; unit < units_across_; unit++) {
    CodedData::Bits bits = data_.bits(kUnitBytes);
    for (size_t which = 0; which < components_.size(); which++) {
      Reading& component = components_[which];
      uint8_t* mean = means_[which].data() + unit * component.across;
      for (int row = 0; row < component.down; row++, mean += static_cast<size_t>(units_across_) * component.across)
        for (int column = 0; column < component.across; column++) {
          component.last += difference(bits, component);
          if (std::abs(component.last) > kLargest) damaged("its data hold a block that is brighter or darker than any");
          pass_over(bits, component);
          mean[column] = static_cast<uint8_t>(std::clamp(((component.last * component.step + 4) >> 3) + 128, 0, 255));
        }
    }
    if (!data_.stop(bits)) damaged("its data end before the last pixel");
    units_left_--;
    if (--until_restart_ == 0 || units_left_ == 0) end_interval();
  }
  return means_;
}

// Behind the last block of an interval: less than a byte, or what cameras leave, then a marker. libjpeg reads no further than the last block of all.
void BlockMeans::end_interval() {
  const bool last = units_left_ == 0;
  if (last && !insists_on_end_) return;
  const std::vector<uint8_t> rest = data_.rest();
  const bool equal = last && std::all_of(rest.begin(), rest.end(), [&](uint8_t byte) { return byte == rest[0]; });
  if (rest.size() > kSpareBytes && !equal) damaged("its data go on behind the last pixel");
  if (last) return;
  if (!data_.pass_marker(static_cast<uint8_t>(kFirstRestart + next_restart_))) damaged("its data lack a restart marker");
  next_restart_ = (next_restart_ + 1) % 8;
  until_restart_ = restart_interval_;
  for (Reading& component : components_) component.last = 0;
}

}  // namespace emo_aen
