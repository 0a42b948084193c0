#include "libs/unpack/cipher/wide.h"

#include <algorithm>
#include <cstdint>

namespace day::unpack::cipher {

std::vector<unsigned char> WideOf(std::string_view text) {
  std::vector<unsigned char> wide;
  const auto put = [&wide](std::uint32_t unit) {
    wide.push_back(static_cast<unsigned char>(unit));
    wide.push_back(static_cast<unsigned char>(unit >> 8));
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    std::uint32_t code = first & (0xFFu >> (more + (more > 0 ? 1 : 0)));
    const std::string_view rest = text.substr(i, more);
    const bool is_whole = rest.size() == more && std::all_of(rest.begin(), rest.end(), [](char c) {
                            return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
                          });
    if (!is_whole) {
      put(first);
      continue;
    }
    for (const char c : rest) {
      code = code << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
    }
    i += more;
    if (code >= 0x10000) {
      put(0xD800 + ((code - 0x10000) >> 10 & 0x3FF));
      put(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      put(code);
    }
  }
  return wide;
}

}  // namespace day::unpack::cipher
