// Internal: pieces of messages.
#pragma once

#include <string>
#include <string_view>

namespace day::rules::syntax {

inline std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

inline std::string DidYouMean(std::string_view near) {
  return near.empty() ? std::string() : "did you mean " + Quoted(near) + "?";
}

}  // namespace day::rules::syntax
