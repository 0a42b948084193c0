// The strings of a PE file's version resources (VS_VERSIONINFO), as YARA 4.5.8 finds them.
//
// Keys and values are UTF-16 in the file; here they are the low byte of each character up to the
// first that is zero, cut at kVersionKeySizeMax and kVersionValueSizeMax. Limits:
// kVersionInfoCountMax strings, kVersionInfoStepsMax bytes looked at, in all resources of a file.
// Ownership: texts are views into this object, valid until the next Clear or Add.
// Thread safety: as for any value type.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/formats/pe/pe_reader.h"

namespace day::formats::pe {

inline constexpr std::size_t kVersionKeySizeMax = 63;
inline constexpr std::size_t kVersionValueSizeMax = 255;
// Ours: YARA has neither limit, though strings may overlap and resources may be the same bytes.
inline constexpr std::size_t kVersionInfoCountMax = 65536;
inline constexpr std::uint64_t kVersionInfoStepsMax = 64'000'000;

class VersionInfo {
 public:
  void Clear();
  // Appends the strings of the version resource whose data is at `rva`.
  void Add(const PeReader& pe, std::uint32_t rva);

  std::size_t size() const { return entries_.size(); }
  std::string_view key(std::size_t index) const;
  std::string_view value(std::size_t index) const;
  // Where the key's characters start in the file.
  std::uint64_t key_offset(std::size_t index) const { return entries_[index].key_offset; }

 private:
  struct Entry {
    std::uint32_t begin;
    std::uint16_t key_size;
    std::uint16_t value_size;
    std::uint64_t key_offset;
  };

  bool Spend(std::uint64_t bytes);
  void AddStringTables(base::Bytes file, std::uint64_t offset, std::uint64_t end);
  void AddStrings(base::Bytes file, std::uint64_t offset, std::uint64_t end);
  void AddString(base::Bytes file, std::uint64_t key, std::uint64_t value, bool has_value);

  std::vector<Entry> entries_;
  std::vector<char> text_;
  std::uint64_t steps_ = 0;
};

}  // namespace day::formats::pe
