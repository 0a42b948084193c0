// What a 7z header says of packed streams and how they are unpacked: read, changed, written again.
// Specification: 7zFormat.txt in 7-Zip's distribution. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.h"

namespace day::unpack::sevenzip {

inline constexpr std::uint64_t kStreamsMax = 100'000;  // of an archive; and its coders
inline constexpr std::uint64_t kCodersMax = 32;        // of a folder, and streams of a coder

struct Coder {
  std::string id;  // "\x21": LZMA2, "\x03\x01\x01": LZMA, ...
  std::uint64_t inputs = 1;
  std::uint64_t outputs = 1;
  base::Bytes properties;
  bool has_properties = false;

  bool is_aes() const;
};

// Coders in a chain or tree. Inputs and outputs are numbered through all coders.
struct Folder {
  struct Bond {
    std::uint64_t input = 0;
    std::uint64_t output = 0;
  };
  std::vector<Coder> coders;
  std::vector<Bond> bonds;
  std::vector<std::uint64_t> packed_inputs;
  std::vector<std::uint64_t> unpack_sizes;  // of each output
};

struct Streams {
  std::uint64_t pack_position = 0;  // behind the archive's first 32 bytes
  std::vector<std::uint64_t> pack_sizes;
  std::vector<Folder> folders;
  base::Bytes rest;  // of the header, behind the sizes: digests, names, ...

  bool has_aes() const;
};

// Streams behind the byte that announces them. Nothing if they are damaged, or of a form that
// 7-Zip does not write.
std::optional<Streams> ReadStreams(base::Bytes header);

// The bytes that ReadStreams() would read as these, with streams that begin at once.
std::vector<std::byte> WriteStreams(const Streams& streams);

// Takes out the folder's first AES coder, of which a packed stream must be the input. Which of the
// folder's packed streams was encrypted, and what the coder said. Nothing if there is none like
// that. The stream's packed size becomes what the coder's output was.
struct Removed {
  std::size_t packed_index = 0;
  base::Bytes properties;
  std::uint64_t size = 0;
};
std::optional<Removed> RemoveAes(Folder& folder);

}  // namespace day::unpack::sevenzip
