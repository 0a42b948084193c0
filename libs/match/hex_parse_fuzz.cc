// Any text as a hex string: parsed and compiled.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libs/match/program.h"
#include "libs/match/regex.h"

namespace match = day::match;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<match::ParseWarning> warnings;
  const auto tree = match::ParseHex(text, &warnings);
  if (tree.ok()) {
    match::PatternSpec spec;
    spec.kind = match::PatternSpec::Kind::kHex;
    spec.tree = *tree;
    (void)match::Compile(spec);
  }
  return 0;
}
