// Passwords as some archivers hash them. Pure functions.
#pragma once

#include <string_view>
#include <vector>

namespace day::unpack::cipher {

// UTF-8 as UTF-16, low byte first; bytes that are no UTF-8 stand for themselves.
std::vector<unsigned char> WideOf(std::string_view text);

}  // namespace day::unpack::cipher
