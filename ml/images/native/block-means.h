// The mean of each block of a baseline JPEG, from its codes alone (ITU-T T.81, annex F.2).
//
// A twelfth or so of a photo of a camera's size is wanted of a photo that is only glanced at, and a block of 8 x 8 pixels gives that away with its first coefficient: eight times its
// mean. The 63 others need not be known, only how many bits each takes. A table tells for the next 12 bits what the one, two or more symbols in
// them come to together, so that a block costs a few look-ups, where libjpeg's decoder at an eighth of the size takes every symbol for itself: less than
// half of its time. And since every code is read, every code that cannot be is noticed: one that no table has, a block of more than 64 coefficients, blocks
// that are used up before the data or after them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coded-data.h"

namespace emo_aen {

// Bytes that cameras leave behind a block before a marker.
constexpr size_t kSpareBytes = 4;

// What a Huffman table's segment holds: how many codes of each length, 1 to 16, and the symbols in the order of their codes.
struct HuffmanTable {
  const uint8_t* counts;
  const uint8_t* symbols;
};

struct ScanComponent {
  // Blocks in a unit (MCU).
  int across;
  int down;
  // Step that the first coefficient is quantised by.
  int step;
  HuffmanTable dc;
  HuffmanTable ac;
};

// The one scan of all components.
struct Scan {
  // Blocks in a unit, of the component that has the most.
  int across;
  int down;
  int units_across;
  int units_down;
  // Units between two restart markers; 0: there are none.
  int restart_interval;
  std::vector<ScanComponent> components;
  const uint8_t* data;
  size_t length;
};

class BlockMeans {
 public:
  // insists_on_end: more than a few bytes that are left over behind the last block are damage, unless all are the same.
  BlockMeans(const Scan& scan, bool insists_on_end);

  // Means of the next row of units, 0 to 255, of each component: `down` rows of `across` for each unit. Throws std::runtime_error where the data are damaged.
  const std::vector<std::vector<uint8_t>>& next_row();

 private:
  // Bits to skip, and coefficients by which a block goes on, packed, since they are looked up millions of times. No bits: there is no such code.
  class Step {
   public:
    Step() = default;
    Step(int bits, int coefficients, bool ends_block) : packed_(static_cast<uint16_t>(bits | coefficients << 5 | ends_block << 12)) {}
    int bits() const { return packed_ & 31; }
    int coefficients() const { return packed_ >> 5 & 127; }
    bool ends_block() const { return packed_ >> 12; }

   private:
    uint16_t packed_ = 0;
  };
  struct Reading {
    int across;
    int down;
    int step;
    // By the next 16 bits: a difference's code, and how many bits of the difference follow.
    std::vector<Step> dc;
    // By the next 16 bits: a symbol and its value.
    std::vector<Step> ac;
    // By fewer bits: a code that is no longer; all symbols of one block whose codes are whole within them.
    std::vector<Step> short_dc;
    std::vector<Step> several_ac;
    int last = 0;
  };

  static Reading reading_of(const ScanComponent& component);
  static int difference(CodedData::Bits& bits, const Reading& component);
  static void pass_over(CodedData::Bits& bits, const Reading& component);
  void end_interval();

  int units_across_;
  int units_left_;
  int restart_interval_;
  int until_restart_;
  bool insists_on_end_;
  int next_restart_ = 0;
  std::vector<Reading> components_;
  std::vector<std::vector<uint8_t>> means_;
  CodedData data_;
};

}  // namespace emo_aen
