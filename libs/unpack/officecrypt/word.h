// Word documents before 2007 that ask for a password: the streams "WordDocument", "0Table" or
// "1Table", and "Data" are encrypted, all others are not. Specification: [MS-DOC] 2.2.6 and 2.5.2
// (FibBase), [MS-OFFCRYPTO] 2.3.5 to 2.3.7: XOR obfuscation, RC4, RC4 CryptoAPI. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/officecrypt/rc4_key.h"
#include "libs/unpack/officecrypt/xor_obfuscation.h"

namespace day::unpack::officecrypt {

// Whether the start of "WordDocument" says so.
bool IsEncryptedWordDocument(base::Bytes word_document);
// "1Table" or "0Table": the one in use, which holds the encryption's header.
std::string_view TableStreamOf(base::Bytes word_document);

class WordKey {
 public:
  enum class Stream : std::uint8_t { kDocument, kTable, kData };

  // `table` may be cut behind its first few hundred bytes, and `word_document` behind
  // kPlainBytes. Errors, with the gap as message: those of Rc4Key::Find.
  static base::Result<WordKey> Find(base::Bytes word_document, base::Bytes table,
                                    std::span<const std::string> passwords, base::Budget& budget);

  // Overwrites `out` with a stream in the clear. False if there is no memory.
  bool Decrypt(Stream stream, base::Bytes content, inflate::OutputBuffer& out) const;

  // What of "WordDocument" is never encrypted.
  static constexpr std::size_t kPlainBytes = 68;

 private:
  WordKey() = default;

  std::optional<XorKey> xor_;
  std::optional<Rc4Key> rc4_;
};

}  // namespace day::unpack::officecrypt
