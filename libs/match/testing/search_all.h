// Ways to run a compiled pattern over a whole input, for tests.
#pragma once

#include <cstddef>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/match/program.h"

namespace day::match::testing {

// TryAt() at every offset.
std::vector<Match> MatchesByTrying(const CompiledPattern& compiled, base::Bytes data);
// VerifyAt() wherever an atom stands, using choice number `choice` of every part (the last if it
// has fewer; TryAt() for parts without any).
std::vector<Match> MatchesByChoice(const CompiledPattern& compiled, std::size_t choice,
                                   base::Bytes data);
std::size_t ChoiceCount(const CompiledPattern& compiled);

}  // namespace day::match::testing
