// Headers of RAR 5 archives: numbers of seven bits a byte, a checksum over all of them.
// Specification: the technical note in RAR's distribution. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libs/base/bytes.h"
#include "libs/unpack/cipher/rar_cipher.h"

namespace day::unpack::rar {

// RAR writes no longer ones.
inline constexpr std::uint64_t kRar5HeaderBytesMax = 2ull * 1024 * 1024;

struct Rar5Header {
  enum Type : std::uint64_t { kMain = 1, kFile = 2, kService = 3, kEncryption = 4, kEnd = 5 };
  std::uint64_t type = 0;
  bool begins_before = false;  // its data, in another volume
  bool goes_on = false;        // its data, in another volume
  base::Bytes fields;          // what depends on the type
  base::Bytes extra;
  std::uint64_t data_size = 0;
  std::uint64_t size = 0;  // of the header itself
};

// The size of the header that starts with these bytes, of which seven are enough; nothing if they
// cannot start one.
std::optional<std::uint64_t> Rar5HeaderSize(base::Bytes bytes);

// Whether a file's header may start here, by its size and type alone: a look before a checksum.
bool MayBeRar5File(base::Bytes bytes);

// The header at the start of `bytes`, if it is whole and its checksum is right.
std::optional<Rar5Header> ReadRar5Header(base::Bytes bytes);

// How something is encrypted: the archive's headers, or a file's data.
struct Rar5Encryption {
  unsigned rounds_log2 = 0;
  base::Bytes salt;
  base::Bytes check;  // of a password; may be empty
  cipher::AesBlock iv{};
  bool seals_checksums = false;
};
// What a header of type kEncryption says. Nothing if it is damaged, or of an unknown version.
std::optional<Rar5Encryption> ReadRar5ArchiveEncryption(const Rar5Header& header);

struct Rar5File {
  std::string name;
  bool is_service = false;
  bool is_folder = false;
  bool is_link = false;
  bool is_encrypted = false;
  std::optional<Rar5Encryption> encryption;  // nothing: not known how
  std::optional<std::uint64_t> size;
  std::optional<std::uint32_t> crc32;
  unsigned version = 0;
  unsigned method = 0;  // 0: stored
  bool is_solid = false;
  std::uint64_t dictionary_bytes = 0;
};
// What a header of type kFile or kService says. Nothing if it is damaged.
std::optional<Rar5File> ReadRar5File(const Rar5Header& header);

}  // namespace day::unpack::rar
