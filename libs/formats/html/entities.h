// Character references of HTML. Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace day::formats::html {

struct Reference {
  std::uint32_t code = 0;
  std::size_t length = 0;  // of the reference, "&" and ";" included
};

// The reference at the start of `text`, which starts with "&". Numbers, and names of Latin 1 with
// their ";" and in their case; anything else is none.
std::optional<Reference> ReadReference(std::string_view text);

}  // namespace day::formats::html
