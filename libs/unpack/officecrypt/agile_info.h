// The XML of agile encryption: [MS-OFFCRYPTO] 2.3.4.10. Elements and attributes are looked for by
// their local names. Pure function, linear in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/result.h"
#include "libs/crypto/digester.h"

namespace day::unpack::officecrypt {

struct AgileInfo {
  // AES in CBC mode.
  struct Cipher {
    crypto::HashKind hash = crypto::HashKind::kSha1;
    std::size_t key_bytes = 0;  // 16, 24 or 32
    std::string salt;
  };
  Cipher data;      // of the package
  Cipher password;  // of what follows
  std::uint32_t spins = 0;
  std::string verifier;       // encrypted
  std::string verifier_hash;  // encrypted
  std::string key;            // encrypted
};

// Errors, with the gap as message: kMalformed (kDamagedHeader), kUnsupported (kUnknownMethod: no
// key for a password, another cipher, mode or hash).
base::Result<AgileInfo> ReadAgileInfo(std::string_view xml);

}  // namespace day::unpack::officecrypt
