// Reads any text as passwords.
#include <cstdint>
#include <string>

#include "libs/signatures/lists.h"
#include "libs/signatures/passwords/password_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string lists;
  day::signatures::AppendList("a.pwdb", text, &lists);
  for (const auto& password : day::signatures::passwords::PasswordsIn(lists)) {
    if (password.bytes.size() > day::signatures::passwords::kPasswordBytesMax) {
      __builtin_trap();
    }
  }
  return 0;
}
