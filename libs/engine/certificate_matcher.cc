#include "libs/engine/certificate_matcher.h"

#include "libs/engine/naming.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::engine {

bool CertificateMatcher::Match(base::Bytes data, std::int64_t now,
                               std::vector<Finding>& findings) const {
  using formats::pe::Directory;
  constexpr std::uint64_t kEntryBytes = 8;
  formats::pe::PeReader pe;
  if (rules_.rules.empty() || !pe.Open(data)) {
    return false;
  }
  // The table has to be the file's end: what stood behind it would not be signed.
  const formats::pe::DataDirectory entry = pe.directory(Directory::kSecurity);
  if (entry.virtual_address == 0 ||
      std::uint64_t{entry.virtual_address} + entry.size != data.size()) {
    return false;
  }
  const formats::authenticode::TrustOutcome outcome = formats::authenticode::CheckTrust(
      {.file = data,
       .checksum_offset = pe.checksum_offset(),
       .directory_offset =
           pe.directories_offset() + static_cast<std::uint64_t>(Directory::kSecurity) * kEntryBytes,
       .table_offset = entry.virtual_address},
      rules_.rules, now);
  for (const std::size_t index : outcome.blocked_by) {
    const std::string& name = rules_.rules[index].name;
    Finding finding;
    finding.source = Finding::Source::kSignature;
    finding.name = name.empty() ? std::string(signatures::certificates::kUnnamed) : name;
    finding.rule = finding.name;
    finding.provenance = rules_.provenances[index];
    finding.severity = SignatureSeverity(finding.name);
    findings.push_back(std::move(finding));
  }
  return outcome.is_trusted;
}

}  // namespace day::engine
