// One line of ClamAV's lists against phishing:
//
//   .pdb  H:SHOWNHOST[:FL]   a host that is imitated      R[FILTER]:REALREGEX:SHOWNREGEX[:FL]
//   .wdb  M:REALHOST:SHOWNHOST[:FL]   a pair that is allowed    X:REALREGEX:SHOWNREGEX  Y:REGEX
//   .gdb  S:F:SHA256 S1:F:SHA256 S2:F:SHA256   a bad address (malware, blocked, phishing)
//         S:W:SHA256   one that is allowed     S:P:PREFIX   says only where others may be
//
// FL is MIN-MAX, functionality levels. .pdb and .gdb take each other's lines, as there, and .wdb
// allowed hashes. Regular expressions are POSIX extended ones, compared with "REAL:SHOWN/"; an end
// that says what path may follow counts for nothing, since addresses are cut behind the host.
// Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace day::signatures::phishing {

// Whether a file is such a list, by the ending of its name.
bool IsPhishingList(std::string_view file_name);

enum class Entry : std::uint8_t {
  kNothing,       // blank or a comment
  kBad,           // `problem` says why
  kShownHost,     // H
  kWatchedPair,   // R
  kAllowedHosts,  // M
  kAllowedPair,   // X, Y
  kMalwareHash,   // S:F
  kBlockedHash,   // S1:F
  kPhishingHash,  // S2:F
  kAllowedHash,   // S:W
};

struct PhishingLine {
  Entry entry = Entry::kNothing;
  std::string text;  // host, "real:shown" or expression, with a "/" at its end
  std::array<std::byte, 32> hash{};
  std::string_view problem;  // static text
};

// `line` without its newline; a carriage return at its end is no part of it.
PhishingLine ParsePhishingLine(std::string_view file_name, std::string_view line);

}  // namespace day::signatures::phishing
