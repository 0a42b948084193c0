// Passwords that a database brings for encrypted archives: ClamAV's .pwdb.
//
//   NAME;CONDITIONS;STORAGE;PASSWORD
//
// CONDITIONS as in .ldb, of which Engine and Container (CL_TYPE_ZIP, CL_TYPE_RAR or CL_TYPE_ANY)
// count; STORAGE 0 or none: as it is, up to the next semicolon; 1: hexadecimal; others are not used.
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace day::signatures::passwords {

// More are not kept.
inline constexpr std::size_t kPasswordsMax = 10'000;
inline constexpr std::size_t kPasswordBytesMax = 1024;

struct Password {
  enum class For : std::uint8_t { kAny, kZip, kRar };
  For container = For::kAny;
  std::string bytes;
};

struct PasswordLine {
  enum class Kind : std::uint8_t { kPassword, kNothing, kBad };
  Kind kind = Kind::kNothing;
  Password password;
  std::string problem;
};

// `line` without its newline; a carriage return at its end is no part of it.
PasswordLine ParsePasswordLine(std::string_view line);

// All of a database's, in the order ClamAV tries them: those of one archive type behind those of
// any, and the last line first. Lists as database_builder.h's AddList() puts them together.
std::vector<Password> PasswordsIn(std::string_view lists);

}  // namespace day::signatures::passwords
