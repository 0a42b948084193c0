// What documents say of their encryption in binary: [MS-OFFCRYPTO] 2.3.2 (EncryptionHeader), 2.3.3
// (EncryptionVerifier) and 2.3.6.1 (the header of the first RC4). Views into the input; a pure
// function.
#pragma once

#include <cstdint>
#include <string>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::unpack::officecrypt {

struct EncryptionHeader {
  enum class Method : std::uint8_t {
    kRc4,           // keys of 40 bits, from MD5
    kRc4CryptoApi,  // 40 to 128 bits, from SHA-1
    kAes,           // from SHA-1, "standard encryption"
    kAgile,         // the rest is XML
  };
  Method method = Method::kRc4;
  std::size_t key_bytes = 5;
  base::Bytes salt;
  base::Bytes verifier;       // encrypted
  base::Bytes verifier_hash;  // encrypted
  base::Bytes rest;           // kAgile: what stands behind the version
};

// Errors, with the gap as message: kUnsupported, kMalformed.
base::Result<EncryptionHeader> ReadEncryptionHeader(base::Bytes bytes);

// Gaps. All begin alike, so that who asks for encrypted documents finds them.
inline constexpr std::string_view kNoPasswordFits = "encrypted";
inline constexpr std::string_view kUnknownMethod = "encrypted: unknown method";
inline constexpr std::string_view kDamagedHeader = "encrypted: damaged header";
inline constexpr std::string_view kNotTried = "encrypted: limit password_tries_max";
inline constexpr std::string_view kTooManySpins = "encrypted: limit office_spins_max";

// A number as keys are derived from it: 4 bytes, the lowest first.
std::string LittleEndian32(std::uint32_t value);

base::Error GapError(base::ErrorKind kind, std::string_view gap);

}  // namespace day::unpack::officecrypt
