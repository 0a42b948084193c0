#include "libs/signatures/metadata/metadata_matcher.h"

#include <utility>

#include "libs/base/lines.h"
#include "libs/signatures/lists.h"

namespace day::signatures::metadata {

MetadataMatcher::MetadataMatcher(std::string_view lists) {
  while (const auto list = TakeList(&lists)) {
    const MetadataFormat format = MetadataFormatOf(list->name);
    if (format == MetadataFormat::kNone) {
      continue;
    }
    files_.emplace_back(list->name);
    std::string_view text = list->text;
    for (std::uint32_t number = 1; !text.empty(); ++number) {
      MetadataLine line = ParseMetadataLine(format, base::TakeLine(&text));
      if (line.kind == MetadataLine::Kind::kSignature) {
        entries_.push_back({std::move(line.signature),
                            static_cast<std::uint32_t>(files_.size() - 1), number, std::nullopt,
                            false});
      }
    }
  }
}

bool MetadataMatcher::MatchesName(Entry& entry, std::string_view name) {
  if (entry.signature.regex.empty()) {
    return true;
  }
  if (!entry.is_compiled) {
    entry.is_compiled = true;
    base::Result<clamav::Regex> regex = clamav::Regex::Compile(entry.signature.regex, "");
    if (regex.ok()) {
      entry.regex = std::move(regex).value();
    }
  }
  bool limited = false;
  return entry.regex && entry.regex
                            ->Find(
                                base::AsBytes(name), 0, false, [] { return true; }, &limited)
                            .has_value();
}

std::vector<MetadataHit> MetadataMatcher::Match(const ContainedFile& file) {
  std::vector<MetadataHit> hits;
  for (Entry& entry : entries_) {
    const MetadataSignature& wanted = entry.signature;
    const bool has_checksum = file.crc32.has_value();
    if ((wanted.container && *wanted.container != file.container) ||
        !wanted.container_size.Holds(file.container_size) ||
        !wanted.compressed_size.Holds(file.compressed_size) ||
        !wanted.real_size.Holds(file.real_size) || !wanted.position.Holds(file.position) ||
        (wanted.is_encrypted && *wanted.is_encrypted != file.is_encrypted) ||
        (wanted.crc32 && has_checksum && *wanted.crc32 != *file.crc32) ||
        !MatchesName(entry, file.name)) {
      continue;
    }
    hits.push_back({&wanted, files_[entry.file] + ":" + std::to_string(entry.line)});
  }
  return hits;
}

}  // namespace day::signatures::metadata
