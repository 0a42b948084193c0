// Encrypted zip entries, opened with passwords that are tried: PKWARE's old cipher (APPNOTE 6.1)
// and WinZip's AES (AE-1 and AE-2). Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::unpack::zip {

// What malware is packed with by those who send it around, and by those who mail it.
inline constexpr std::array<std::string_view, 15> kPasswords = {
    "infected", "Infected", "INFECTED", "malware", "virus",  "novirus", "password", "123",
    "1234",     "12345",    "123456",   "111111",  "abc123", "admin",   "test"};

// Whether the twelve bytes in front of the data can have been encrypted with this password: the
// last of them is `check` (wrong passwords pass once in 256).
bool OldPasswordFits(base::Bytes data, std::string_view password, std::uint8_t check);
// The data behind those twelve bytes in the clear. REQUIRES: data.size() >= 12.
std::vector<std::byte> DecryptOld(base::Bytes data, std::string_view password);

// strength: 1 to 3, for keys of 128, 192 and 256 bits. Nothing if the password is not the right one
// (its check and the authentication code must fit).
std::optional<std::vector<std::byte>> DecryptAes(base::Bytes data, unsigned strength,
                                                 std::string_view password);

}  // namespace day::unpack::zip
