// Percent-encoding (RFC 3986, section 2.1): names as parts of URLs and as file names.
//
// Thread safety: functions without state.
#pragma once

#include <string>
#include <string_view>

namespace day::wire {

// Encodes every byte but letters, digits, "-._~" and the characters of `keep`. With nothing kept,
// the result holds no slash and is a file name, but for "", "." and "..".
std::string PercentEncode(std::string_view text, std::string_view keep = "");

}  // namespace day::wire
