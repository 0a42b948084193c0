// Searching for a word by its rarest byte.
//
// Thread safety: pure.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace day::base {

// As text.find(word, from), by going from one byte word[rare] to the next: several times as fast as
// memmem() where that byte is seldom, one call to memchr() for each where it is not. Linear.
// REQUIRES: rare < word.size().
inline std::size_t FindBy(std::string_view text, std::string_view word, std::size_t rare,
                          std::size_t from = 0) {
  for (std::size_t at = from + rare; at < text.size(); ++at) {
    const void* found = std::memchr(text.data() + at, word[rare], text.size() - at);
    if (found == nullptr) {
      break;
    }
    at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (text.substr(at - rare).starts_with(word)) {
      return at - rare;
    }
  }
  return std::string_view::npos;
}

}  // namespace day::base
