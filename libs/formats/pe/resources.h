// The resource tree of a PE file as a flat list of its leaves, and the version information in it.
//
// The walk is YARA 4.5.8's (docs/formats/pe.md): three levels (type, name, language), leaves of
// size zero left out, and a level that was not passed keeps what was last seen there. Limits below;
// a tree that reaches one ends there. Nothing fails. Ownership: names are views into the file,
// valid while it is. Thread safety: as for any value type.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "libs/formats/pe/pe_reader.h"

namespace day::formats::pe {

inline constexpr std::size_t kResourceCountMax = 65536;  // YARA's
inline constexpr std::uint32_t kResourceDataSizeMax = 0x3FFFFFFF;
inline constexpr std::uint16_t kResourceNameCharsMax = 1000;
inline constexpr std::uint16_t kResourceDirectoryEntriesMax = 32768;  // of each kind
// Ours: entries looked at. YARA has no such limit, and a tree may point back at itself.
inline constexpr std::uint64_t kResourceStepsMax = 1'000'000;

inline constexpr std::int32_t kResourceTypeVersion = 16;

// One level's identity: a number, or a name in UTF-16LE. Neither if no such level was passed.
struct ResourceId {
  std::int32_t number = -1;
  std::optional<std::string_view> name;

  bool has_number() const { return !name && number != -1; }
};

struct Resource {
  std::uint32_t rva = 0;
  std::uint32_t size = 0;
  std::optional<std::uint64_t> offset;  // in the file
  ResourceId type;
  ResourceId id;
  ResourceId language;
};

class ResourceTable {
 public:
  void Clear();
  // Reads anew; memory of the last file is used again.
  void Read(const PeReader& pe);

  // False if there is no root directory: the three fields below are then meaningless.
  bool has_root() const { return has_root_; }
  std::uint32_t timestamp() const { return timestamp_; }
  std::uint16_t major_version() const { return major_version_; }
  std::uint16_t minor_version() const { return minor_version_; }
  std::span<const Resource> resources() const { return resources_; }

 private:
  static constexpr std::size_t kLevelCount = 3;

  // One directory under way.
  struct Level {
    std::uint64_t directory = 0;  // file offset
    std::uint64_t next_entry = 0;
    std::uint32_t entries_left = 0;
    std::array<std::optional<std::string_view>, kLevelCount> names;
  };

  void Walk(const PeReader& pe, std::uint64_t root);
  // False if no entry of the directory at `offset` can be read.
  bool Enter(const PeReader& pe, std::uint64_t offset, Level& level) const;
  void AddLeaf(const PeReader& pe, std::uint64_t offset, const Level& level);

  std::vector<Resource> resources_;
  std::array<std::int32_t, kLevelCount> numbers_ = {-1, -1, -1};
  std::uint64_t steps_ = 0;
  std::uint32_t timestamp_ = 0;
  std::uint16_t major_version_ = 0;
  std::uint16_t minor_version_ = 0;
  bool has_root_ = false;
};

}  // namespace day::formats::pe
