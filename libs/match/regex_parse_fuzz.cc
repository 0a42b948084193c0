// Any text as an expression: parsed, compiled, and searched on itself.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/match/program.h"
#include "libs/match/regex.h"

namespace base = day::base;
namespace match = day::match;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  match::RegexFlags flags;
  flags.no_case = (data[0] & 1) != 0;
  flags.dot_all = (data[0] & 2) != 0;
  flags.allow_mixed_greed = (data[0] & 4) != 0;
  std::vector<match::ParseWarning> warnings;
  const auto tree = match::ParseRegex(text, flags, &warnings);
  if (!tree.ok()) {
    return 0;
  }
  match::PatternSpec spec;
  spec.kind = match::PatternSpec::Kind::kRegex;
  spec.wide = (data[0] & 8) != 0;
  spec.tree = *tree;
  (void)match::Compile(spec);
  const auto code = match::Regex::Compile(*tree);
  if (code.ok()) {
    (void)match::Regex(*code).Search(base::AsBytes(text.substr(0, 200)));
  }
  return 0;
}
