// What a scan of one file says. Verdict, completeness and error are three things, never one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace day::engine {

// What was found in what was looked at.
enum class Verdict : std::uint8_t { kNothingFound, kFound };

// Whether everything was looked at.
enum class Completeness : std::uint8_t { kComplete, kPartial, kNotScanned };

enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh, kCritical };

struct StringMatch {
  std::string identifier;    // "$a"
  std::uint64_t offset = 0;  // in the object named by Finding::inner_path
  std::uint32_t length = 0;
  std::string data;  // at most 512 bytes of the match
  std::uint8_t xor_key = 0;
  bool is_hex = false;  // a hex string: printed as bytes
};

struct Finding {
  // Of rules; of hash signatures; of body and logical signatures; of files that are nearly the
  // same; of how a file is made.
  enum class Source : std::uint8_t { kRule, kHash, kSignature, kNear, kHeuristic };
  Source source = Source::kRule;
  std::string name;  // threat name, by docs/naming.md
  std::string rule;  // rule identifier or signature name
  std::string name_space;
  std::string provenance;  // "rules/eicar.yar:3", "main.hdb:17"
  Severity severity = Severity::kHigh;
  std::string inner_path;  // "" or "invoice.zip//a.exe": inside the scanned file
  std::vector<StringMatch> matches;
};

// Something that was not looked at, and why.
struct Gap {
  std::string inner_path;
  std::string
      reason;  // "encrypted", "limit bytes_out_max", "damaged: ...", "timeout", "worker killed"
};

struct Report {
  Verdict verdict = Verdict::kNothingFound;
  Completeness completeness = Completeness::kComplete;
  std::vector<Finding> findings;
  std::vector<Gap> gaps;
  std::uint64_t objects_scanned = 0;  // the file and everything opened inside
  std::uint64_t bytes_scanned = 0;
};

}  // namespace day::engine
