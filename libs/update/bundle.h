// A rule bundle for release: rule sources and tables as one file that is the same bytes for the
// same sources on any machine (docs/formats/bundle.md).
//
//   DAY_TRY_ASSIGN(const std::string bytes, EncodeBundle(bundle));
//   DAY_TRY_ASSIGN(const Bundle same, DecodeBundle(base::AsBytes(bytes)));
//
// It holds texts, never compiled rules, no times, no names of people or machines. A decoded bundle
// encodes to the bytes that it came from: there is one spelling of each. Paths are relative, made
// of letters, digits and "._-", without empty or dotted parts, so that they can be written to a
// folder. Thread safety: values.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::update {

constexpr std::size_t kBundleMaxBytes = 256u << 20;
constexpr std::size_t kBundleFilesMax = 100'000;
constexpr std::size_t kBundlePathMaxBytes = 255;

struct Bundle {
  std::uint32_t engine = 1;  // the least version of the rule language that can read it
  std::map<std::string, std::string> files;  // content by path

  bool operator==(const Bundle&) const = default;
};

// "a/b.yar": parts of 1 to 100 letters, digits, '.', '_' and '-', none beginning with a dot.
bool IsBundlePath(std::string_view path);

// Errors: kInvalidUse for a bad path, kLimit.
base::Result<std::string> EncodeBundle(const Bundle& bundle);
// Errors: kMalformed, kTruncated, kLimit.
base::Result<Bundle> DecodeBundle(base::Bytes bytes);

}  // namespace day::update
