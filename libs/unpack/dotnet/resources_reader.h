// What a .NET program carries as resources: files under their names, and the entries of resource
// sets (.resources, 0xBEEFCACE), in which packers and droppers keep their payload.
//
//   if (ResourcesReader::HasResources(file)) { ResourcesReader reader(file); reader.Next(...); }
//
// Specification: ECMA-335 II.22.24 (manifest resources); the format of sets, versions 1 and 2, as
// System.Resources.ResourceReader reads it. Of a set byte arrays, streams, serialized objects
// (their bytes as they are) and texts of kTextBytesMin and more are given, as "SET/ENTRY"; numbers
// are not. Limits: kResourcesMax resources, kEntriesMax entries a set. Linear. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libs/formats/dotnet/dotnet_reader.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::dotnet {

inline constexpr std::uint64_t kResourcesMax = 10'000;
inline constexpr std::uint32_t kEntriesMax = 65'536;
inline constexpr std::size_t kTextBytesMin = 64;

// One entry of a resource set; views into it.
struct SetEntry {
  std::string name;
  base::Bytes content;
};

// The entries of a set that are given; false: it is none, or damaged (what was read until then
// stays).
bool ReadResourceSet(base::Bytes set, std::vector<SetEntry>& entries);

class ResourcesReader final : public parts::Archive {
 public:
  // Quick for all that is no .NET program.
  static bool HasResources(base::Bytes file);

  // REQUIRES: the file outlives the reader.
  explicit ResourcesReader(base::Bytes file);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  bool NextResource();

  base::Bytes file_;
  std::unique_ptr<formats::dotnet::DotnetReader> dotnet_;
  std::uint64_t count_ = 0;
  std::uint64_t index_ = 0;
  std::vector<SetEntry> entries_;  // still to be given of the last resource
  std::size_t next_entry_ = 0;
  std::string problem_;
};

}  // namespace day::unpack::dotnet
