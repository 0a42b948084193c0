// Memory that is a file: read-only maps of trusted files, anonymous memory files, shared pages.
//
// Map only what cannot shrink while it is mapped (sealed memory files, our own caches): touching a
// page beyond a truncated file ends the process.
// Thread safety: a Mapping is a value; what it maps is shared as its users agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/os/fd.h"

namespace day::os {

class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { Unmap(); }

  // Page-aligned. An empty mapping has no bytes. Errors: as ErrnoError.
  static base::Result<Mapping> ReadOnly(const Fd& fd, std::uint64_t size_bytes);
  // Shared and writable: what one process writes the others see.
  static base::Result<Mapping> Shared(const Fd& fd, std::uint64_t size_bytes);

  base::Bytes bytes() const { return {data_, size_}; }
  // REQUIRES: made by Shared().
  std::span<std::byte> writable() { return {data_, size_}; }
  // Gives the pages that were read back to the system, which brings each again when it is touched:
  // the process becomes smaller, the bytes stay. REQUIRES: made by ReadOnly().
  void Release() const;
  void Unmap();

 private:
  static base::Result<Mapping> Map(const Fd& fd, std::uint64_t size_bytes, int protection,
                                   int flags);
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// An anonymous file in memory, `size_bytes` zeros long, or holding `bytes`. `name` is for /proc
// only. Errors: as ErrnoError.
base::Result<Fd> CreateMemfd(const char* name, std::uint64_t size_bytes);
base::Result<Fd> CreateMemfd(const char* name, base::Bytes bytes);

// Forbids for good that the memory file shrinks, grows or is written. REQUIRES: no writable
// mapping. Errors: as ErrnoError (kPermission if it is no memory file or a writable mapping
// exists).
base::Status SealMemfd(const Fd& fd);
// Whether it is a memory file that can neither change nor shrink: safe to map.
bool IsSealedMemfd(const Fd& fd);

}  // namespace day::os
