// The two RC4 encryptions of documents before 2007: [MS-OFFCRYPTO] 2.3.6 (RC4) and 2.3.5 (RC4
// CryptoAPI). A document has one key for each of its blocks. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/cipher.h"
#include "libs/unpack/officecrypt/encryption_header.h"

namespace day::unpack::officecrypt {

class Rc4Key {
 public:
  // The key that one of the passwords gives. `header` begins with its version. Each try is paid
  // from the budget. Errors, with the gap as message: those of ReadEncryptionHeader, kPermission
  // (none fits), kLimit (not all were tried), kUnsupported (no RC4).
  static base::Result<Rc4Key> Find(base::Bytes header, std::span<const std::string> passwords,
                                   base::Budget& budget);

  crypto::Rc4 ForBlock(std::uint32_t block) const;

 private:
  Rc4Key(EncryptionHeader::Method method, std::size_t key_bytes, std::string root)
      : method_(method), key_bytes_(key_bytes), root_(std::move(root)) {}

  EncryptionHeader::Method method_;
  std::size_t key_bytes_;
  std::string root_;  // what each block's key is derived from
};

// The key stream over one stream of a document, which changes its key each `block_bytes`.
class Rc4Stream {
 public:
  // REQUIRES: `key` outlives it; block_bytes > 0.
  Rc4Stream(const Rc4Key& key, std::uint32_t block_bytes) : key_(key), block_bytes_(block_bytes) {}

  // Decrypts what lies at `offset`. REQUIRES: not in front of what was decrypted before.
  void Apply(std::uint64_t offset, std::span<std::byte> data);

 private:
  void Seek(std::uint64_t offset);

  const Rc4Key& key_;
  std::uint32_t block_bytes_;
  std::optional<crypto::Rc4> rc4_;  // of the block that position_ lies in
  std::uint64_t position_ = 0;
};

}  // namespace day::unpack::officecrypt
