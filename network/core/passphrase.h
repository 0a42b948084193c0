// Passphrases of keys: from a file, the environment, or a person.
//
// Thread safety: one thread, for the terminal is one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/result.h"

namespace day::network::core {

// Where passphrases come from, in this order; after both, the terminal.
struct PassphraseSource {
  std::string file;      // its first line; empty: no file
  std::string variable;  // of the environment; empty: none
};

// `purpose` is what the passphrase is for, in words. `twice`: asks again on a terminal, for a new
// key. Errors: kPermission if there is no passphrase to be had; as os::ReadFile().
enum class AskTwice : std::uint8_t { kNo, kYes };
base::Result<std::string> GetPassphrase(const PassphraseSource& source, std::string_view purpose,
                                        AskTwice twice);

// One line from the terminal, without showing it. REQUIRES: standard input is a terminal.
std::string AskHidden(const std::string& prompt);

// Overwrites and empties it.
void Wipe(std::string* secret);

}  // namespace day::network::core
