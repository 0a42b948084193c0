// Any text: tokens cover it exactly, and formatting keeps every token and is idempotent.
#include <cstdlib>
#include <string>

#include "libs/rules/syntax/format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace syntax = day::rules::syntax;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::size_t at = 0;
  for (const syntax::Token& token : syntax::Tokenize(text)) {
    if (token.begin != at || token.end <= token.begin) {
      std::abort();
    }
    at = token.end;
  }
  const std::string once = syntax::FormatSource(text, {});
  if (at != size || !syntax::SameTokens(text, once) || syntax::FormatSource(once, {}) != once) {
    std::abort();
  }
  return 0;
}
