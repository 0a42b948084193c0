// The matcher against its slow twin: a line of .ldb, a newline, and the bytes to look at.
#include <algorithm>
#include <string>

#include "libs/signatures/clamav/logic.h"
#include "libs/signatures/clamav/matcher.h"
#include "libs/signatures/clamav/signature_line.h"
#include "libs/signatures/clamav/testing/naive_match.h"
#include "libs/signatures/clamav/testing/open_copy.h"

namespace {

namespace clamav = day::signatures::clamav;

constexpr std::size_t kLineBytesMax = 400;
constexpr std::size_t kDataBytesMax = 300;

// The twin knows patterns at places that need no program.
bool TwinKnows(const clamav::Signature& signature) {
  const clamav::Conditions& conditions = signature.conditions;
  if (conditions.target != 0 || conditions.container || conditions.handler ||
      conditions.file_size || !conditions.intermediates.empty()) {
    return false;
  }
  return std::all_of(signature.subsignatures.begin(), signature.subsignatures.end(),
                     [](const auto& sub) {
                       const auto* patterns = std::get_if<clamav::PatternList>(&sub);
                       return patterns != nullptr;
                     });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = input.find('\n');
  if (newline == std::string_view::npos || newline > kLineBytesMax ||
      size - newline > kDataBytesMax) {
    return 0;
  }
  const std::string_view line = input.substr(0, newline);
  const day::base::Bytes bytes = day::base::AsBytes(input.substr(newline + 1));
  const clamav::BodyLine read = clamav::ParseBodyLine(clamav::BodyFormat::kLdb, line);
  if (read.kind != clamav::BodyLine::Kind::kSignature) {
    return 0;
  }
  clamav::BodyBuilder builder;
  if (builder.AddFile("a.ldb", line)->signatures != 1) {
    return 0;  // an expression that PCRE2 refuses
  }
  const std::string file = builder.Build().value();
  const clamav::testing::AlignedCopy copy(day::base::AsBytes(file));
  const clamav::BodyDatabase database = clamav::BodyDatabase::Open(copy.bytes()).value();
  clamav::BodyMatcher matcher(database);
  day::base::Budget budget({});
  std::vector<clamav::BodyHit> hits;
  (void)matcher.Match(bytes, {}, std::nullopt, budget, hits);
  if (TwinKnows(read.signature) &&
      clamav::testing::NaiveIsTrue(read.signature, bytes) != !hits.empty()) {
    __builtin_trap();
  }
  return 0;
}
