// Finds the signatures on container metadata that a file in a container matches.
//
//   MetadataMatcher matcher(database.lists());
//   for (const MetadataHit& hit : matcher.Match(facts)) { ... hit.signature->name ... }
//
// The lists are read when the matcher is made and kept as they are; expressions are compiled when
// first needed. An expression that PCRE2 refuses, or gives up on, does not match. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/signatures/clamav/regex.h"
#include "libs/signatures/metadata/metadata_line.h"

namespace day::signatures::metadata {

struct ContainedFile {
  clamav::ClamType container = 0;
  std::uint64_t container_size = 0;
  std::string_view name;
  std::uint64_t compressed_size = 0;
  std::uint64_t real_size = 0;
  bool is_encrypted = false;
  std::uint32_t position = 0;  // from 1
  std::optional<std::uint32_t> crc32;
};

struct MetadataHit {
  const MetadataSignature* signature = nullptr;
  std::string provenance;  // "daily.cdb:17"
};

class MetadataMatcher {
 public:
  // Lists as database_builder.h's AddList() puts them together; others in them are passed over.
  explicit MetadataMatcher(std::string_view lists);

  bool empty() const { return entries_.empty(); }
  // In the order of the lists. Valid until the matcher is gone.
  std::vector<MetadataHit> Match(const ContainedFile& file);

 private:
  struct Entry {
    MetadataSignature signature;
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::optional<clamav::Regex> regex;
    bool is_compiled = false;
  };

  bool MatchesName(Entry& entry, std::string_view name);

  std::vector<std::string> files_;
  std::vector<Entry> entries_;
};

}  // namespace day::signatures::metadata
