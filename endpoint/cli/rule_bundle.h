// The file that `daylight yarac` writes and `daylight yara -C` reads: checked rule sources, their
// namespaces and includes, and external variables (docs/formats/rule-bundle.md).
//
// It is text to be compiled, not compiled rules: whoever hands out such a file can do no more than
// with a rule file. Equal input gives equal bytes. Decode() takes any bytes; its limits stand
// below. Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint/scan/database.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/workerproto/messages.h"

namespace day::endpoint::cli {

inline constexpr std::string_view kBundleMagic = "DAYRULES";
inline constexpr std::uint32_t kBundleVersion = 1;
inline constexpr std::uint64_t kBundleBytesMax = 1ull << 30;
inline constexpr std::size_t kBundleTextBytesMax = 512u << 20;
inline constexpr std::size_t kBundleIncludesMax = 10'000;

struct RuleBundle {
  std::vector<scan::RuleFile> sources;       // every one with its text
  std::vector<scan::IncludedFile> includes;  // each path once
  std::vector<workerproto::External> externals;
  std::uint64_t strings_per_rule_max = 10'000;
};

// Sorts includes by path and externals by identifier, and leaves out repetitions.
// Errors: kLimit (more than DecodeBundle() takes).
base::Result<std::string> EncodeBundle(RuleBundle bundle);

// Errors: kUnsupported (another version), kMalformed (`offset` 0: no bundle at all; else: damaged).
base::Result<RuleBundle> DecodeBundle(base::Bytes bytes);

// True for a file that libyara's yarac wrote.
bool IsLibyaraFile(base::Bytes bytes);

}  // namespace day::endpoint::cli
