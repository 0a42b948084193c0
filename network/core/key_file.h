// Private keys of logs and witnesses in files, as text (libs/tlog/note.h), mode 0600.
//
// Not encrypted: whoever can read the file can sign. Thread safety: free functions.
#pragma once

#include <string>
#include <string_view>

#include "libs/base/result.h"
#include "libs/tlog/note.h"

namespace day::network::core {

// Makes a new random key, writes it to a file that must not exist, durably, and returns the public
// key as text (a vkey). Errors: kInvalidUse if the file exists or the name is no key name; as
// os::ErrnoError().
base::Result<std::string> MakeKeyFile(const std::string& path, std::string_view name,
                                      tlog::KeyKind kind);

// Reads a key. Errors: kPermission if others than the owner can read the file; kMalformed;
// as os::ErrnoError().
base::Result<tlog::SignerKey> LoadKeyFile(const std::string& path);

}  // namespace day::network::core
