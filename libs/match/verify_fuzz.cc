// A pattern and data from the fuzzer: every way of searching must find the same, and what the naive
// matcher finds where it defines the lengths.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libs/match/regex.h"
#include "libs/match/testing/naive_matcher.h"
#include "libs/match/testing/search_all.h"

namespace {

namespace base = day::base;
namespace match = day::match;

constexpr std::size_t kPatternSizeMax = 40;
constexpr std::size_t kDataSizeMax = 60;

void Check(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool ReadTree(std::uint8_t bits, std::string_view pattern, match::PatternSpec& spec) {
  const bool hex = (bits & 1) != 0;
  match::RegexFlags flags;
  flags.no_case = (bits & 2) != 0;
  flags.dot_all = (bits & 4) != 0;
  auto tree = hex ? match::ParseHex(pattern, nullptr) : match::ParseRegex(pattern, flags, nullptr);
  if (!tree.ok()) {
    return false;
  }
  spec.kind = hex ? match::PatternSpec::Kind::kHex : match::PatternSpec::Kind::kRegex;
  spec.no_case = flags.no_case && !hex;
  spec.wide = !hex && (bits & 8) != 0;
  spec.ascii = !spec.wide;
  spec.full_word = !hex && (bits & 16) != 0;
  spec.tree = std::move(tree).value();
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view all(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::size_t cut = all.find('\0');
  const std::string_view pattern = all.substr(0, cut);
  const std::string_view rest = cut == std::string_view::npos ? "" : all.substr(cut + 1);
  const base::Bytes data = base::AsBytes(rest.substr(0, kDataSizeMax));
  match::PatternSpec spec;
  if (pattern.size() > kPatternSizeMax || !ReadTree(bytes[0], pattern, spec)) {
    return 0;
  }
  const auto compiled = match::Compile(spec);
  if (!compiled.ok()) {
    return 0;
  }
  for (const match::RegexTree::Node& node : spec.tree.nodes) {
    if (node.min > 100) {
      return 0;  // the naive matcher would take too long
    }
  }
  const auto tried = match::testing::MatchesByTrying(*compiled, data);
  for (std::size_t i = 0; i < match::testing::ChoiceCount(*compiled); ++i) {
    Check(match::testing::MatchesByChoice(*compiled, i, data) == tried);
  }
  const bool chained = match::PatternView(compiled->code).chained();
  // Whole words are refused after the length is chosen, which the naive matcher does another way.
  if (!chained && !spec.full_word && match::testing::DefinesLength(spec.tree)) {
    Check(match::testing::NaiveMatches(spec, data) == tried);
  }
  return 0;
}
