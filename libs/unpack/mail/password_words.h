// Passwords that a mail tells its reader: "Password: 1234", "das Passwort lautet <b>x7</b>".
//
// For archives in the same mail, which are encrypted so that nobody on the way looks into them.
// Words for "password" in seventeen languages are looked for, in any case; what stands behind one
// in its line, behind ":" or the words between, is a candidate, without quotes and, a second time,
// without the full stop. Tags count as nothing. Only the first kTextBytesMax are read, in one pass;
// at most kCandidatesMax come out, none twice. Pure function.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace day::unpack::mail {

inline constexpr std::size_t kCandidatesMax = 20;
inline constexpr std::size_t kTextBytesMax = 256 * 1024;
inline constexpr std::size_t kPasswordBytesMax = 64;

// Appends candidates to `passwords`, so that it has no more than kCandidatesMax.
void AddPasswords(std::string_view text, std::vector<std::string>& passwords);

}  // namespace day::unpack::mail
