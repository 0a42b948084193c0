// The page a worker shares with its parent: which file it is at. Writing it costs no system call,
// so the parent always knows which file a worker died or hangs on, however small the files are.
//
// The worker may be compromised: whatever the parent reads here it compares with the batches it
// sent. Lock-free; one writer (the worker), one reader (the parent).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

namespace day::workerproto {

inline constexpr std::size_t kProgressBytes = 4096;

struct Progress {
  // (batch << 32 | index of the item + 1) while an item is being scanned, else 0.
  std::atomic<std::uint64_t> current;
  // When `current` was set, in nanoseconds of the monotonic clock.
  std::atomic<std::int64_t> started_ns;
  // Set before the worker ends itself for want of memory.
  std::atomic<std::uint32_t> out_of_memory;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(Progress) <= kProgressBytes);

inline std::uint64_t ProgressMark(std::uint32_t batch, std::uint32_t item_index) {
  return std::uint64_t{batch} << 32 | (std::uint64_t{item_index} + 1);
}

// The structure at the start of a page that is all zeros or already a Progress.
// REQUIRES: page.size() >= kProgressBytes, page-aligned.
inline Progress* ProgressAt(std::span<std::byte> page) {
  return std::launder(reinterpret_cast<Progress*>(page.data()));
}

// A worker that ends with this code ran out of memory.
inline constexpr int kExitOutOfMemory = 77;
// A worker that could not raise its walls, or was spoken to wrongly.
inline constexpr int kExitSetup = 78;

}  // namespace day::workerproto
