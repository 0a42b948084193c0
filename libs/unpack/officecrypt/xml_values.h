// Values of attributes in the XML that says how documents are encrypted. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace day::unpack::officecrypt {

// A decimal number; 0 if it is none, or above 2^32.
std::uint32_t NumberValue(std::string_view text);
// What base64 spells, with blanks amid it; empty if it is none.
std::string DecodedValue(std::string_view base64);
// The five named references of XML as their characters.
std::string UnescapedValue(std::string_view value);

}  // namespace day::unpack::officecrypt
