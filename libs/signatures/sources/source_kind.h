// What the files of a ClamAV database folder are, by the endings of their names, and what is done
// with them. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace day::signatures::sources {

enum class Use : std::uint8_t {
  kSignatures,    // read by DatabaseBuilder
  kMetadata,      // container metadata: kept as lists
  kList,          // other small files that are kept as lists
  kPhishing,      // links that lead elsewhere: kept as lists
  kBodies,        // read by clamav::BodyBuilder
  kIgnoreList,    // names that are left out
  kContainer,     // .cvd .cld .cud
  kCertificate,   // for signatures beside containers
  kSignBeside,    // such a signature
  kRules,         // YARA: compiled elsewhere
  kKnown,         // ClamAV reads it, we have no use for it, and nothing is lost
  kNotSupported,  // ClamAV reads it, we do not: `reason` says what is lost
  kOther,         // no ending of ClamAV
};

struct SourceKind {
  std::string_view ending;  // with its dot; empty for kOther
  Use use = Use::kOther;
  std::string_view title;   // for a person: "hashes of files"
  std::string_view reason;  // why it is not used; empty if it is
  char separator = '\0';    // of the fields of a line; 0: lines have no names
  std::uint8_t name_field = 0;
};

const SourceKind& SourceKindOf(std::string_view file_name);

// The name of the signature in a line of such a file; empty if there is none.
std::string_view SignatureNameOf(const SourceKind& kind, std::string_view line);

}  // namespace day::signatures::sources
