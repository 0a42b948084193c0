// Header fields of mails (RFC 5322, 2045, 2047, 2231) as real mailers accept them, in every way in
// which they can be understood.
//
// Only what decides how a body is read is kept: Content-Type, Content-Transfer-Encoding and
// Content-Disposition, each as often as it stands there. A scanner that picks one reading is passed
// by whoever writes for a mailer with another; so boundaries are given in all readings.
//
// Limits: kHeaderLinesMax and kHeaderBytesMax a header, kFieldsMax fields of a kind,
// kFieldBytesMax a field, kParametersMax, kBoundariesMax. Fields beyond are not looked at, and
// Header::limit says which limit it was. Linear in the text. Functions without state: thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace day::unpack::mail {

inline constexpr std::size_t kHeaderLinesMax = 10'000;
inline constexpr std::size_t kHeaderBytesMax = 1024 * 1024;
inline constexpr std::size_t kFieldsMax = 16;
inline constexpr std::size_t kFieldBytesMax = 64 * 1024;
inline constexpr std::size_t kParametersMax = 1000;
inline constexpr std::size_t kBoundariesMax = 16;
inline constexpr std::size_t kBoundaryBytesMax = 1000;
inline constexpr std::size_t kFileNameBytesMax = 1024;
inline constexpr std::size_t kFieldNameBytesMax = 200;

// One message's or part's header.
struct Header {
  std::vector<std::string> content_types;  // unfolded values, as written otherwise
  std::vector<std::string> content_encodings;
  std::vector<std::string> content_dispositions;
  std::size_t body = 0;  // where the body starts
  // Where it starts for mailers that end the header at the first line that is no field, or at a
  // line of blanks.
  std::optional<std::size_t> other_body;
  std::string_view limit;  // "", "header_lines_max", "header_bytes_max" or "header_fields_max"
};

// Reads the header at the start of `text`. No field in the first line: there is no header, and the
// body starts at once.
Header ReadHeader(std::string_view text);

// Whether the line is a field: a name without blanks, perhaps blanks, a colon.
bool IsFieldLine(std::string_view line);

// Whether this is the name of the field of the transfer encoding, or was before a character of it
// was damaged.
bool IsEncodingField(std::string_view name);

// "multipart/mixed": lower case, without comments, blanks and parameters.
std::string MediaType(std::string_view content_type);

// The value without comments and quotes, lower case, up to the first blank or semicolon.
std::string FirstToken(std::string_view value);

// The values of the parameter in the order in which they stand there; RFC 2231 pieces are put
// together and decoded. REQUIRES: `name` is lower case.
std::vector<std::string> ParameterValues(std::string_view field, std::string_view name);

// Every boundary that a mailer may read out of these fields; none twice, at most kBoundariesMax.
// `limit_hit` is set if there are more.
std::vector<std::string> Boundaries(const std::vector<std::string>& content_types, bool& limit_hit);

// The file name of a part, encoded words decoded; or empty.
std::string FileName(const Header& header);

// Encoded words ("=?utf-8?Q?caf=C3=A9?=") decoded; ISO 8859-1 becomes UTF-8, other bytes stay.
std::string DecodeWords(std::string_view text);

}  // namespace day::unpack::mail
