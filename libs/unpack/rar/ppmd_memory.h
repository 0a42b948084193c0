// The memory of the PPMd model (variant H): contexts and their symbols, in units of twelve bytes.
//
// What the model learns depends on when its memory is full, so blocks are handed out, split and
// joined as every implementation of the variant does. References are offsets into one block of
// memory; none of them comes from the input. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace day::unpack::rar {

using PpmdRef = std::uint32_t;

// One symbol of a context: how often it was seen, and the context behind it.
struct PpmdState {
  std::uint8_t symbol;
  std::uint8_t frequency;
  std::uint16_t successor_low;
  std::uint16_t successor_high;

  PpmdRef successor() const {
    return successor_low | static_cast<PpmdRef>(std::uint32_t{successor_high} << 16);
  }
  void set_successor(PpmdRef ref) {
    successor_low = static_cast<std::uint16_t>(ref);
    successor_high = static_cast<std::uint16_t>(ref >> 16);
  }
};
static_assert(sizeof(PpmdState) == 6);

// The symbols of a context of one symbol stand where `sum` and `states` are.
struct PpmdContext {
  std::uint16_t count;
  std::uint16_t sum;
  PpmdRef states;
  PpmdRef suffix;
};
static_assert(sizeof(PpmdContext) == 12);

class PpmdMemory {
 public:
  static constexpr std::uint32_t kUnitBytes = 12;

  // False if the system has not as much.
  bool Resize(std::uint32_t size);

  // Forgets everything: all of it is free again.
  void Clear();

  // Each gives 0 if there is no room.
  PpmdRef AllocateContext();
  PpmdRef AllocateUnits(unsigned units);
  // Moves or splits a block of `units` that shrinks to `fewer`, or must grow to one more.
  PpmdRef Shrink(PpmdRef block, unsigned units, unsigned fewer);
  PpmdRef Grow(PpmdRef block, unsigned units);
  void Free(PpmdRef block, unsigned units) { Insert(block, IndexOf(units)); }

  // The text that contexts point to until they are made. False once it meets the units.
  bool AppendText(std::uint8_t symbol) {
    *at(text_++) = symbol;
    return text_ < units_start_;
  }
  void DropText() { --text_; }
  PpmdRef text() const { return text_; }

  std::uint8_t* at(PpmdRef ref) { return memory_.get() + ref; }
  PpmdState* state(PpmdRef ref) { return reinterpret_cast<PpmdState*>(at(ref)); }
  PpmdContext* context(PpmdRef ref) { return reinterpret_cast<PpmdContext*>(at(ref)); }
  PpmdRef ref(const void* place) const {
    return static_cast<PpmdRef>(static_cast<const std::uint8_t*>(place) - memory_.get());
  }

 private:
  // Blocks have one of 38 sizes: 1 to 4 units, then in steps of 2, 3 and 4 up to 128.
  static constexpr unsigned kSizes = 38;
  struct Node {  // a free block while neighbours are joined
    std::uint16_t stamp;
    std::uint16_t units;
    PpmdRef next;
    PpmdRef previous;
  };

  static unsigned IndexOf(unsigned units);
  static unsigned UnitsOf(unsigned index);
  Node* node(PpmdRef ref) { return reinterpret_cast<Node*>(at(ref)); }
  void Insert(PpmdRef block, unsigned index);
  PpmdRef Remove(unsigned index);
  void InsertRest(PpmdRef block, unsigned units);
  PpmdRef AllocateRarely(unsigned index);
  void JoinFree();

  std::unique_ptr<std::uint8_t[]> memory_;
  std::uint32_t size_ = 0;
  PpmdRef start_ = 0;        // of the text: aligned so that units are
  PpmdRef text_ = 0;         // where the next symbol of the text goes
  PpmdRef units_start_ = 0;  // the text ends here
  PpmdRef low_ = 0;          // units that were never used: [low_, high_)
  PpmdRef high_ = 0;
  unsigned until_join_ = 0;
  std::array<PpmdRef, kSizes> free_{};
};

}  // namespace day::unpack::rar
