#include "libs/engine/hash_matcher.h"

#include <algorithm>

#include "libs/engine/naming.h"

namespace day::engine {
namespace {

using signatures::Table;

Finding MakeFinding(const signatures::Description& signature) {
  Finding finding;
  finding.source = Finding::Source::kHash;
  finding.name = signature.name;
  finding.rule = signature.name;
  finding.provenance = signature.file + ":" + std::to_string(signature.line);
  finding.severity = SignatureSeverity(signature.name);
  return finding;
}

// Sections whose raw pointers are not aligned as the header says, but to sectors, make ClamAV take
// sectors for the whole file.
std::uint64_t SectionAlignment(const formats::pe::PeReader& pe) {
  const std::uint32_t alignment = pe.optional_header().file_alignment;
  const bool is_lie = std::any_of(
      pe.sections().begin(), pe.sections().end(), [&](const formats::pe::Section& section) {
        return alignment != 0 && section.size_of_raw_data != 0 &&
               section.pointer_to_raw_data % alignment != 0 &&
               section.pointer_to_raw_data % formats::pe::kSectorSizeBytes == 0;
      });
  return is_lie ? formats::pe::kSectorSizeBytes : alignment;
}

base::Bytes SectionBytes(const formats::pe::PeReader& pe, const formats::pe::Section& section,
                         std::uint64_t alignment) {
  std::uint64_t offset = section.pointer_to_raw_data;
  std::uint64_t size = section.size_of_raw_data;
  if (alignment != 0) {
    offset -= offset % alignment;
    size += (alignment - size % alignment) % alignment;
  }
  return base::ClippedSlice(pe.file(), offset, size);
}

}  // namespace

const HashMatcher::Tables HashMatcher::kFiles{Table::kFileMd5, Table::kFileSha1,
                                              Table::kFileSha256};
const HashMatcher::Tables HashMatcher::kSections{Table::kSectionMd5, Table::kSectionSha1,
                                                 Table::kSectionSha256};
const HashMatcher::Tables HashMatcher::kAllow{Table::kAllowMd5, Table::kAllowSha1,
                                              Table::kAllowSha256};

bool HashMatcher::WantsHash(const Tables& tables, std::uint64_t size_bytes) const {
  return database_.MayMatchSize(tables.md5, size_bytes) ||
         database_.MayMatchSize(tables.sha1, size_bytes) ||
         database_.MayMatchSize(tables.sha256, size_bytes);
}

std::optional<signatures::SignatureId> HashMatcher::FindAny(const Tables& tables,
                                                            base::Bytes data) {
  const std::uint64_t size = data.size();
  if (database_.MayMatchSize(tables.md5, size)) {
    if (auto found = database_.Find(tables.md5, md5_.Hash(data), size)) {
      return found;
    }
  }
  if (database_.MayMatchSize(tables.sha256, size)) {
    if (auto found = database_.Find(tables.sha256, sha256_.Hash(data), size)) {
      return found;
    }
  }
  if (database_.MayMatchSize(tables.sha1, size)) {
    return database_.Find(tables.sha1, sha1_.Hash(data), size);
  }
  return std::nullopt;
}

bool HashMatcher::Match(base::Bytes data, std::vector<Finding>& findings) {
  if (const auto found = FindAny(kFiles, data)) {
    findings.push_back(MakeFinding(database_.Describe(*found)));
  }
  const bool has_pe_signatures =
      database_.count(Table::kSectionMd5) > 0 || database_.count(Table::kSectionSha1) > 0 ||
      database_.count(Table::kSectionSha256) > 0 || database_.count(Table::kImportMd5) > 0;
  if (!has_pe_signatures || !base::AsText(data).starts_with("MZ") || !pe_.Open(data)) {
    return true;
  }
  MatchImports(findings);
  return MatchSections(findings);
}

bool HashMatcher::MatchSections(std::vector<Finding>& findings) {
  const std::uint64_t alignment = SectionAlignment(pe_);
  const std::uint64_t bytes_max = kSectionBytesFactor * pe_.file().size();
  std::uint64_t bytes = 0;
  for (const formats::pe::Section& section : pe_.sections()) {
    const base::Bytes data = SectionBytes(pe_, section, alignment);
    if (data.empty() || !WantsHash(kSections, data.size())) {
      continue;
    }
    bytes += data.size();
    if (bytes > bytes_max) {
      return false;
    }
    if (const auto found = FindAny(kSections, data)) {
      findings.push_back(MakeFinding(database_.Describe(*found)));
    }
  }
  return true;
}

void HashMatcher::MatchImports(std::vector<Finding>& findings) {
  if (database_.count(Table::kImportMd5) == 0) {
    return;
  }
  imports_.Clear();
  imports_.ReadImports(pe_);
  if (imports_.functions().empty()) {
    return;
  }
  import_text_.clear();
  formats::pe::AppendImportHashText(imports_, import_text_);
  if (!database_.MayMatchSize(Table::kImportMd5, import_text_.size())) {
    return;
  }
  const crypto::Md5Digest digest = md5_.Hash(base::AsBytes(import_text_));
  if (const auto found = database_.Find(Table::kImportMd5, digest, import_text_.size())) {
    findings.push_back(MakeFinding(database_.Describe(*found)));
  }
}

bool HashMatcher::IsAllowed(base::Bytes data) { return FindAny(kAllow, data).has_value(); }

}  // namespace day::engine
