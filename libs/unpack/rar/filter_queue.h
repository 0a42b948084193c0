// Filters that wait for their bytes: what RAR 3 and RAR 5 do alike. A Use says which bytes of the
// window a filter is for (`start`, `size`); uses stand in the order of their starts.
// Only for the decoders of this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "libs/unpack/rar/window.h"

namespace day::unpack::rar {

// The bytes up to `end`, which are passed on with that. REQUIRES: they are next, and all there.
inline std::vector<std::uint8_t> TakeBlock(Window& window, std::uint64_t end) {
  std::vector<std::uint8_t> block;
  block.reserve(end - window.flushed());
  window.PassOn(end, [&](base::Bytes bytes) {
    for (const std::byte byte : bytes) {
      block.push_back(std::to_integer<std::uint8_t>(byte));
    }
  });
  return block;
}

// Passes on what no filter waits for; at the end of a file everything. `undo` takes the use in
// front away and writes what its filter makes of its bytes. False if a use was dropped because it
// is longer than `size_max`, comes too late or does not get all its bytes.
template <typename Use, typename Undo>
bool PassOnFiltered(std::deque<Use>& uses, std::uint64_t size_max, bool is_last, Window& window,
                    Output& output, Undo&& undo) {
  const auto write = [&](base::Bytes bytes) { output.Write(bytes); };
  bool all_valid = true;
  while (!uses.empty() && uses.front().start < window.position()) {
    const Use& use = uses.front();
    const bool is_valid = use.size <= size_max && use.start >= window.flushed();
    if (is_valid) {
      window.PassOn(use.start, write);
    }
    if (is_valid && use.start + use.size <= window.position()) {
      undo();
    } else if (is_valid && !is_last) {
      return all_valid;
    } else {
      all_valid = false;
      uses.pop_front();
    }
  }
  window.PassOn(window.position(), write);
  return all_valid;
}

}  // namespace day::unpack::rar
