// Start tags of an XML text and their attributes, by their local names, without a parser: no entity
// of a document's own is expanded, and what a strict parser refuses is read all the same. Views
// into the text. Pure functions, linear in what they pass over.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace day::unpack::document {

// "name" of "prefix:name".
std::string_view LocalName(std::string_view name);

// `p:keyData size="16"`: the first tag of that local name at or behind `from`, without its
// brackets, cut at the end of the text; nothing if there is none. `from` moves to its end.
// A name with "/" in front finds end tags.
std::optional<std::string_view> NextTag(std::string_view xml, std::string_view element,
                                        std::size_t& from);

// The value of an attribute of a tag as written, or "".
std::string_view Attribute(std::string_view tag, std::string_view name);

// With "&amp;", "&#65;" and their like as what they stand for, which is never looked at again; what
// is no reference stays. At most bytes_max, and a character.
std::string DecodeReferences(std::string_view text, std::size_t bytes_max);

}  // namespace day::unpack::document
