// The Rich header: what Microsoft's linker says of the tools that made the objects, xored with a
// key, between the DOS header and "PE\0\0".
//
// Ownership: raw_data is a view into the file. Thread safety: as for any value type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/formats/pe/pe_reader.h"

namespace day::formats::pe {

inline constexpr std::size_t kRichPrefixSizeBytes = 16;  // "DanS" and three fillers
inline constexpr std::size_t kRichEntrySizeBytes = 8;

class RichHeader {
 public:
  void Clear();
  // Reads anew. False if the file has no Rich header; the rest is then meaningless.
  bool Read(const PeReader& pe);

  std::uint64_t offset() const { return offset_; }
  std::uint32_t key() const { return key_; }
  std::uint64_t size_bytes() const { return raw_data_.size(); }
  std::string_view raw_data() const { return raw_data_; }
  std::string_view clear_data() const { return clear_data_; }
  // False if the header is too short even for its prefix: then there are no versions.
  bool has_versions() const { return raw_data_.size() >= kRichPrefixSizeBytes; }
  // The first half of every entry, one after another.
  std::string_view version_data() const { return version_data_; }

  std::size_t entry_count() const;
  struct Entry {
    std::uint16_t version = 0;
    std::uint16_t tool_id = 0;
    std::uint32_t times = 0;
  };
  // REQUIRES: index < entry_count().
  Entry entry(std::size_t index) const;

 private:
  std::uint64_t offset_ = 0;
  std::uint32_t key_ = 0;
  std::string_view raw_data_;
  std::string clear_data_;
  std::string version_data_;
};

}  // namespace day::formats::pe
