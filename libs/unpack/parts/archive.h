// Archive: the shape of a decoder that gives one object after the other.
//
// Readers that need no more than this (ar, cpio, rpm, arj, ...) implement it, so that one adapter
// serves the engine and one driver serves the fuzz targets. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::parts {

// What an archive declares of an object; hostile.
struct MemberFacts {
  std::uint64_t packed_size = 0;
  std::uint64_t size = 0;
  std::optional<std::uint32_t> crc32;
};

// One object of an archive. There may be content beside a gap: the beginning of damaged data.
struct Member {
  std::string name;           // as written; hostile: never a path to open
  base::Bytes content;        // a view into the file or into the buffer, until the next Next()
  bool has_content = false;   // false: only a gap
  std::string gap;            // "", "encrypted", "unsupported: ...", "damaged: ...", "limit ..."
  bool is_encrypted = false;  // also if a password opened it
  std::optional<MemberFacts> facts = std::nullopt;
};

class Archive {
 public:
  virtual ~Archive() = default;

  // The next object that has content or a gap, or nothing at the end; folders and links are passed
  // over. `buffer` is overwritten; every byte of content, stored content too, is paid from
  // `budget`, so that overlapping entries cannot multiply work.
  virtual std::optional<Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) = 0;

  // What is wrong with the archive itself, or empty. Complete after Next() has returned nothing.
  virtual std::string_view problem() const { return {}; }
};

// "limit bytes_out_max", ...: the reason of a gap.
std::string LimitReason(base::Limit limit);

// A member whose content lies in the file as it is. It is paid for like decoded bytes, and cut with
// the limit's name as the gap if the budget does not hold it.
Member StoredMember(std::string name, base::Bytes view, base::Budget& budget);

}  // namespace day::unpack::parts
