// Files that lie as text in the body of a mail: uuencode (POSIX.1), begin-base64, yEnc 1.3 and
// BinHex 4.0 (RFC 1741).
//
//   std::size_t at = 0;
//   while (std::optional<InlineFile> file = FindInlineFile(text, at)) { ... DecodeInline() ... }
//
// Tolerant, as the programs that decode them are: missing ends, stripped blanks, junk between the
// lines. Linear in the text. Ownership: views into the text. Functions without state: thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/mail/transfer.h"

namespace day::unpack::mail {

struct InlineFile {
  enum class Kind : std::uint8_t { kUuencode, kBase64, kYenc, kBinHex };
  Kind kind = Kind::kUuencode;
  std::string_view name;     // as written; BinHex has it inside
  std::string_view data;     // the encoded lines
  std::string_view trailer;  // yEnc: the "=yend" line
  bool has_end = false;      // the line that ends it is there
};

// Whether a file of text may start with this line.
bool IsInlineStart(std::string_view line);

// The next one from `at` on; moves `at` behind it.
std::optional<InlineFile> FindInlineFile(std::string_view text, std::size_t& at);

struct InlineContent {
  std::string name;  // BinHex
  // BinHex: the data and the resource fork; else all in the first. Views into the buffer.
  base::Bytes data;
  base::Bytes resource;
  bool cut = false;  // more than `room` bytes, or no memory
  std::string gap;   // "" or "damaged: ..."
};

// Appends at most `room` bytes to `out`.
InlineContent DecodeInline(const InlineFile& file, std::uint64_t room, inflate::OutputBuffer& out);

// The same for a body that is declared to be in uuencode: the lines, with or without their begin.
void DecodeUuencodedLines(std::string_view text, Sink& sink);

}  // namespace day::unpack::mail
