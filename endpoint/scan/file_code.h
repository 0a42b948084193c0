// What a remembered result is known by: 120 bits of a keyed hash over the file's state (device,
// inode, size, mtime, ctime), its path as it was given (rules may ask for it), and what it was
// scanned with (the generation: database and settings).
//
// Nobody without the user's key can compute a code, so a memory of codes cannot be forged, and an
// entry cannot be moved to another file or another database. ctime cannot be set by a program, so a
// file whose content changed has another code. Thread safety: const methods are safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "endpoint/scan/user_key.h"
#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"
#include "libs/os/file.h"

namespace day::endpoint::scan {

inline constexpr std::size_t kFileCodeBytes = 15;
using FileCode = std::array<std::byte, kFileCodeBytes>;

class FileCoder {
 public:
  // Codes of different purposes ("daylight clean cache 1") have nothing in common.
  FileCoder(const UserKey& key, std::string_view purpose, const crypto::Sha256Digest& generation)
      : key_(DeriveSipKey(key, purpose)), generation_(generation) {}

  FileCode Code(std::string_view path, const os::FileStat& stat) const;
  // Authenticates `payload` as what belongs to `code`.
  std::array<std::byte, 16> Seal(const FileCode& code, base::Bytes payload) const;

 private:
  SipKey key_;
  crypto::Sha256Digest generation_;
};

// Files touched less than this before they were opened may change again within the same tick of the
// clock: nothing is remembered of them.
inline constexpr std::int64_t kRacyNs = 2'000'000'000;
bool IsSettled(const os::FileStat& stat, std::int64_t opened_ns);

}  // namespace day::endpoint::scan
