// Differential fuzzing of the scanner: the input chooses rules and a file; the slow twin must
// agree.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "libs/rules/scan/testing/compile_text.h"
#include "libs/rules/scan/testing/random_rules.h"
#include "libs/rules/scan/testing/sample_modules.h"

namespace {

namespace scan = day::rules::scan;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t used = 0;
  const scan::testing::Choose choose = [&](std::uint32_t below) -> std::uint32_t {
    return used < size ? data[used++] % below : 0;
  };
  const std::string text = scan::testing::RandomRules(choose);
  const auto rules = scan::testing::CompiledText::Make(text, scan::testing::SampleRegistry());
  if (rules == nullptr) {
    return 0;
  }
  const auto scanner = scan::Scanner::Create(rules->rules());
  for (int i = 0; i < 3; ++i) {
    const std::string file = scan::testing::RandomFile(choose);
    const std::string difference = scan::testing::Difference(*rules, *scanner, file);
    if (!difference.empty()) {
      std::fprintf(stderr, "%s\n%s\n", text.c_str(), difference.c_str());
      std::abort();
    }
  }
  return 0;
}
