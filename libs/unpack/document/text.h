// Texts in documents, as UTF-8. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::unpack::document {

// Appends one code point; what is none becomes U+FFFD.
void AppendUtf8(std::uint32_t code_point, std::string& out);

// UTF-16LE up to its end or the first zero; a lone surrogate becomes U+FFFD, an odd last byte is
// left out. At most units_max code units are read.
std::string Utf16UpToZero(base::Bytes text, std::size_t units_max);
// The same for all of the text, zeros included.
std::string Utf16ToUtf8(base::Bytes text);

// Latin-1, cut at the first zero: good enough for names in code pages that nobody declares.
std::string Latin1UpToZero(base::Bytes text);

// "a.exe" of "C:\\dir\\a.exe" or "dir/a.exe".
std::string_view FileNameOf(std::string_view path);

}  // namespace day::unpack::document
