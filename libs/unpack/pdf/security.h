// Encryption of PDF files by the standard security handler (ISO 32000-2, section 7.6) with the
// empty user password: RC4 of 40 to 128 bits, AES-128 and AES-256 (revisions 2 to 6), and crypt
// filters, Identity among them.
//
//   const auto security = Security::Open(dictionary, id);     // nothing: another password
//   security->Decrypt(security->streams(), number, generation, bytes);
//
// MD5, RC4 and unauthenticated AES are what the format has; nothing here protects anything.
// Thread safety: const operations are safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/unpack/pdf/object_parser.h"

namespace day::unpack::pdf {

enum class Cipher : std::uint8_t { kIdentity, kRc4, kAes128, kAes256, kUnknown };

// The entries of the encryption dictionary, references followed.
struct EncryptionEntries {
  std::int64_t version = 0;   // V
  std::int64_t revision = 0;  // R
  std::int64_t length_bits = 40;
  std::int64_t permissions = 0;
  std::string owner;     // O
  std::string user;      // U
  std::string user_key;  // UE
  bool encrypt_metadata = true;
  std::string stream_filter = "Identity";                    // StmF
  std::string string_filter = "Identity";                    // StrF
  std::string file_filter;                                   // EFF; empty: as streams
  std::map<std::string, Cipher, std::less<>> crypt_filters;  // CF
};

class Security {
 public:
  // Nothing if the empty password does not open it, or if it is none of the above.
  static std::optional<Security> Open(const EncryptionEntries& entries, std::string_view id);

  Cipher streams() const { return streams_; }
  Cipher strings() const { return strings_; }
  Cipher files() const { return files_; }
  // Of a crypt filter by its name.
  Cipher ByName(std::string_view name) const;
  bool encrypts_metadata() const { return encrypt_metadata_; }

  // The bytes, decrypted; with a wrong padding or a cut last block, as far as they go.
  std::string Decrypt(Cipher cipher, std::uint64_t number, std::uint64_t generation,
                      std::string_view bytes) const;

 private:
  std::string key_;
  Cipher streams_ = Cipher::kIdentity;
  Cipher strings_ = Cipher::kIdentity;
  Cipher files_ = Cipher::kIdentity;
  bool encrypt_metadata_ = true;
  std::map<std::string, Cipher, std::less<>> crypt_filters_;
};

}  // namespace day::unpack::pdf
