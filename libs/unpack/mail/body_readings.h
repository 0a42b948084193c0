// The ways in which the body of a part can be read: what its header declares, and what the text
// itself shows where the header was lost, misspelt or damaged.
//
// Linear in the text. Ownership: views into the text. Functions without state: thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/unpack/mail/transfer.h"

namespace day::unpack::mail {

enum class Encoding : std::uint8_t { kNone, kBase64, kQuotedPrintable, kUuencode };

struct BodyReading {
  std::string_view text;  // of the body, or its end
  Encoding encoding = Encoding::kNone;
  Padding padding = Padding::kEndsData;
};

// When a body that is in no known encoding is read in others, too.
enum class Guess : std::uint8_t {
  kNever,
  kUnlessPlain,  // nobody said that it is 7bit, 8bit or binary
  kAlways,
};

// At least one. `declared` are the values of Content-Transfer-Encoding. All that is guessed is
// base64 from the first line on that looks like it; and quoted-printable for a word that nobody
// knows, if the text has codes.
std::vector<BodyReading> ReadingsOf(std::string_view body, const std::vector<std::string>& declared,
                                    Guess guess);

// Where headers stand in a body that is in no encoding: from fields with a transfer encoding up to
// the next such ones, or the end. Boundaries that were lost or damaged, headers that end too early,
// forwarded mails.
std::vector<std::string_view> HeadersIn(std::string_view body, std::size_t count_max);

}  // namespace day::unpack::mail
