// Encrypts documents as Office does, for tests and corpora: the other way round of
// libs/unpack/officecrypt. Salts and verifiers are fixed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace day::unpack::officecrypt {

// The streams "EncryptionInfo" and "EncryptedPackage".
struct EncryptedPackage {
  std::string info;
  std::string package;
};

// hash: "SHA1", "SHA256", "SHA384" or "SHA512".
EncryptedPackage EncryptAgile(std::string_view document, std::string_view password,
                              std::string_view hash, std::size_t key_bits, std::uint32_t spins);
EncryptedPackage EncryptStandard(std::string_view document, std::string_view password,
                                 std::size_t key_bits);

enum class Lock : std::uint8_t { kXor, kRc4, kCryptoApi40, kCryptoApi128 };

// `records` begin with BOF; FILEPASS is put behind it.
std::string EncryptWorkbook(std::string_view records, Lock lock, std::string_view password);

struct WordStreams {
  std::string document;  // at least 68 bytes
  std::string table;     // "1Table"
  std::string data;
};
WordStreams EncryptWord(const WordStreams& plain, Lock lock, std::string_view password);

struct PresentationStreams {
  std::string user;
  std::string document;
  std::string pictures;
};
// A presentation of records that are put into "PowerPoint Document" as one object each, with
// CryptoAPI; `picture` is the data of a PNG.
PresentationStreams EncryptPresentation(const std::string& first, const std::string& second,
                                        const std::string& picture, std::string_view password);

}  // namespace day::unpack::officecrypt
