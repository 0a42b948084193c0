// Random rules and files for differential tests: small alphabets, so that things do match, and
// every operation of the condition language, so that all of it is compared.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace day::rules::scan::testing {

// A number below its argument. From a generator in tests, from the input in fuzzers.
using Choose = std::function<std::uint32_t(std::uint32_t below)>;

// The text of a few rules, importing the modules of sample_modules.h. Always compiles, but for rare
// constants that YARA refuses (overflow, reversed ranges).
std::string RandomRules(const Choose& choose);

// A file of at most a few hundred bytes.
std::string RandomFile(const Choose& choose);

}  // namespace day::rules::scan::testing
