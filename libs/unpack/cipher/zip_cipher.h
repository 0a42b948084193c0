// The encryption of zip archives, which ALZ and EGG use as well: PKWARE's old cipher (APPNOTE 6.1)
// and WinZip's AES (AE-1 and AE-2). Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::unpack::cipher {

// Whether the twelve bytes in front of the data can have been encrypted with this password: the
// last of them is `check` (wrong passwords pass once in 256).
bool OldPasswordFits(base::Bytes data, std::string_view password, std::uint8_t check);
// The data behind those twelve bytes in the clear. REQUIRES: data.size() >= 12.
std::vector<std::byte> DecryptOld(base::Bytes data, std::string_view password);

// kCheckOnly: wrong passwords pass once in 65,536, and so does damaged data always.
enum class AesProof : std::uint8_t { kWholeData, kCheckOnly };

// `data` is a salt, two bytes to check the password, the data and its authentication code.
// strength: 1 to 3, for keys of 128, 192 and 256 bits. Nothing if the password is not the right one
// (its check and, if asked for, the authentication code must fit).
std::optional<std::vector<std::byte>> DecryptAes(base::Bytes data, unsigned strength,
                                                 std::string_view password,
                                                 AesProof proof = AesProof::kWholeData);

}  // namespace day::unpack::cipher
