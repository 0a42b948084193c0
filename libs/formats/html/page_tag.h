// Where other bytes become a page: the tags by which browsers and other scanners take a text, or a
// picture, for HTML wherever they stand. Pure function; linear, at the speed of memory where there
// are no tags.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/base/bytes.h"

namespace day::formats::html {

// The offset of the first of <html>, <head>, <script, <iframe, <object, <table, <img, and <a with
// an href within the next kLinkBytesMax bytes, in any case; nothing if there is none.
inline constexpr std::size_t kLinkBytesMax = 256;
std::optional<std::uint64_t> FindPageTag(base::Bytes data);

}  // namespace day::formats::html
