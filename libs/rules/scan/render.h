// Writes conditions back as YARA text, for explanations and reports.
//
// The text is for people: it means what the rule says, but parentheses and spaces are our own, and
// module constants that were folded stay numbers.
#pragma once

#include <cstdint>
#include <string>

#include "libs/rules/compile/state.h"

namespace day::rules::scan {

// The expression at `node`. Linear in the size of the condition; recursion is bounded by
// compile::kConditionDepthMax. Texts longer than kRenderedMax are cut with "...".
inline constexpr std::size_t kRenderedMax = 4096;
std::string RenderNode(const compile::CompiledRules::State& rules, std::uint32_t node);

// A constant with quotes and escapes, at most size_max bytes of it.
std::string QuoteText(std::string_view text, std::size_t size_max);

}  // namespace day::rules::scan
