// What ClamAV finds too much of in a mail's header, for its alerts: this library reads on far
// beyond that (mime_header.h).
#pragma once

#include <cstdint>
#include <string_view>

namespace day::unpack::mail {

enum class Excess : std::uint8_t { kNone, kHeaderBytes, kHeaders, kArguments };

// The first limit of ClamAV 1.4 that the header at the start of `text` exceeds: 256 KiB in all,
// 1024 fields, 256 arguments of one Content-Type or its like. (Its limit of 256 Ki folds cannot be
// reached before that of bytes.) One pass to the header's end, or to the limit. Pure function.
Excess HeaderExcess(std::string_view text);

// Parts of one multipart; so many are too many for ClamAV.
inline constexpr std::size_t kClamavPartsMax = 1024;

}  // namespace day::unpack::mail
