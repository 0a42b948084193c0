// Where mails start: what tells them from other texts.
//
// Looks at a few kilobytes. Functions without state: thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace day::unpack::mail {

// "From a@example.org Thu Jul 31 13:51:21 2008", the first line of a mail in an mbox.
bool IsEnvelopeLine(std::string_view line);

// "From: a@example.org", or any other field that mails have.
bool IsMailField(std::string_view line);

// "multipart/mixed" and all that may have been meant to be such. REQUIRES: lower case.
bool IsMultipartType(std::string_view type);

// Without what stands in front of the first field: a byte order mark, blank lines.
std::string_view WithoutStart(std::string_view text);

// Whether fields that mails have are at its start. Nearly every other text ends at its first line.
bool LooksLikeMail(std::string_view text);

// Where a mail starts behind other lines, or behind first lines that are damaged: at fields of
// which one is MIME's. Only near the start of the text.
std::optional<std::size_t> FindMailBehindText(std::string_view text);

}  // namespace day::unpack::mail
