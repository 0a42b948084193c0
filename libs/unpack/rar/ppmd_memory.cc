#include "libs/unpack/rar/ppmd_memory.h"

#include <new>

namespace day::unpack::rar {
namespace {

constexpr unsigned kUnitsMax = 128;
constexpr unsigned kJoinEvery = 255;

struct Sizes {
  std::array<std::uint8_t, 38> units{};
  std::array<std::uint8_t, kUnitsMax + 1> index{};  // of the smallest that holds so many
};

constexpr Sizes MakeSizes() {
  Sizes sizes;
  unsigned units = 0;
  for (unsigned i = 0; i < sizes.units.size(); ++i) {
    const unsigned step = i >= 12 ? 4 : i / 4 + 1;
    for (unsigned k = 0; k < step; ++k) {
      sizes.index[++units] = static_cast<std::uint8_t>(i);
    }
    sizes.units[i] = static_cast<std::uint8_t>(units);
  }
  return sizes;
}

constexpr Sizes kTable = MakeSizes();

}  // namespace

unsigned PpmdMemory::IndexOf(unsigned units) { return kTable.index[units]; }
unsigned PpmdMemory::UnitsOf(unsigned index) { return kTable.units[index]; }

bool PpmdMemory::Resize(std::uint32_t size) {
  if (memory_ != nullptr && size == size_) {
    return true;
  }
  memory_.reset();
  size_ = 0;
  // The end is aligned; no reference is 0; behind the end stands the head of JoinFree()'s list.
  start_ = 4 - size % 4;
  memory_.reset(new (std::nothrow) std::uint8_t[std::size_t{start_} + size + kUnitBytes]);
  if (memory_ == nullptr) {
    return false;
  }
  size_ = size;
  return true;
}

void PpmdMemory::Clear() {
  free_.fill(0);
  text_ = start_;
  high_ = start_ + size_;
  low_ = units_start_ = high_ - size_ / 8 / kUnitBytes * 7 * kUnitBytes;
  until_join_ = 0;
}

void PpmdMemory::Insert(PpmdRef block, unsigned index) {
  std::memcpy(at(block), &free_[index], sizeof(PpmdRef));
  free_[index] = block;
}

PpmdRef PpmdMemory::Remove(unsigned index) {
  const PpmdRef block = free_[index];
  std::memcpy(&free_[index], at(block), sizeof(PpmdRef));
  return block;
}

// A free block of any number of units, as one or two of the sizes.
void PpmdMemory::InsertRest(PpmdRef block, unsigned units) {
  unsigned index = IndexOf(units);
  if (UnitsOf(index) != units) {
    const unsigned first = UnitsOf(--index);
    Insert(block + first * kUnitBytes, units - first - 1);  // of so few, the index is one less
  }
  Insert(block, index);
}

PpmdRef PpmdMemory::AllocateContext() {
  if (high_ != low_) {
    return high_ -= kUnitBytes;
  }
  return free_[0] != 0 ? Remove(0) : AllocateRarely(0);
}

PpmdRef PpmdMemory::AllocateUnits(unsigned units) {
  const unsigned index = IndexOf(units);
  if (free_[index] != 0) {
    return Remove(index);
  }
  const std::uint32_t bytes = UnitsOf(index) * kUnitBytes;
  if (bytes <= high_ - low_) {
    low_ += bytes;
    return low_ - bytes;
  }
  return AllocateRarely(index);
}

PpmdRef PpmdMemory::AllocateRarely(unsigned index) {
  if (until_join_ == 0) {
    JoinFree();
    if (free_[index] != 0) {
      return Remove(index);
    }
  }
  for (unsigned larger = index + 1; larger < kSizes; ++larger) {
    if (free_[larger] != 0) {
      const PpmdRef block = Remove(larger);
      InsertRest(block + UnitsOf(index) * kUnitBytes, UnitsOf(larger) - UnitsOf(index));
      return block;
    }
  }
  --until_join_;
  const std::uint32_t bytes = UnitsOf(index) * kUnitBytes;
  return units_start_ - text_ > bytes ? units_start_ -= bytes : 0;
}

PpmdRef PpmdMemory::Shrink(PpmdRef block, unsigned units, unsigned fewer) {
  const unsigned from = IndexOf(units);
  const unsigned to = IndexOf(fewer);
  if (from == to) {
    return block;
  }
  if (free_[to] != 0) {
    const PpmdRef moved = Remove(to);
    std::memcpy(at(moved), at(block), std::size_t{fewer} * kUnitBytes);
    Insert(block, from);
    return moved;
  }
  InsertRest(block + UnitsOf(to) * kUnitBytes, UnitsOf(from) - UnitsOf(to));
  return block;
}

PpmdRef PpmdMemory::Grow(PpmdRef block, unsigned units) {
  const unsigned index = IndexOf(units);
  if (index == IndexOf(units + 1)) {
    return block;
  }
  const PpmdRef moved = AllocateUnits(units + 1);
  if (moved != 0) {
    std::memcpy(at(moved), at(block), std::size_t{units} * kUnitBytes);
    Insert(block, index);
  }
  return moved;
}

// Joins free blocks that are neighbours. A stamp of 0 marks a free one: whatever else a unit holds
// starts with something other than 0.
void PpmdMemory::JoinFree() {
  const PpmdRef head = start_ + size_;
  until_join_ = kJoinEvery;
  PpmdRef first = head;
  for (unsigned i = 0; i < kSizes; ++i) {
    PpmdRef block = free_[i];
    free_[i] = 0;
    while (block != 0) {
      PpmdRef next = 0;
      std::memcpy(&next, at(block), sizeof(next));
      *node(block) = {0, static_cast<std::uint16_t>(UnitsOf(i)), first, 0};
      node(first)->previous = block;
      first = block;
      block = next;
    }
  }
  node(head)->stamp = 1;
  node(head)->next = first;
  node(first)->previous = head;
  if (low_ != high_) {
    node(low_)->stamp = 1;
  }
  for (PpmdRef at_block = first; at_block != head; at_block = node(at_block)->next) {
    std::uint32_t units = node(at_block)->units;
    for (;;) {
      const Node* neighbour = node(at_block + units * kUnitBytes);
      if (neighbour->stamp != 0 || units + neighbour->units >= 0x10000) {
        break;
      }
      units += neighbour->units;
      node(neighbour->previous)->next = neighbour->next;
      node(neighbour->next)->previous = neighbour->previous;
      node(at_block)->units = static_cast<std::uint16_t>(units);
    }
  }
  for (PpmdRef block = node(head)->next; block != head;) {
    const PpmdRef next = node(block)->next;
    unsigned units = node(block)->units;
    for (; units > kUnitsMax; units -= kUnitsMax, block += kUnitsMax * kUnitBytes) {
      Insert(block, kSizes - 1);
    }
    InsertRest(block, units);
    block = next;
  }
}

}  // namespace day::unpack::rar
