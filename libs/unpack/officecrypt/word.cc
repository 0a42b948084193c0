#include "libs/unpack/officecrypt/word.h"

#include <algorithm>
#include <cstring>

namespace day::unpack::officecrypt {
namespace {

constexpr std::uint16_t kMagic = 0xA5EC;
constexpr std::uint64_t kFlagsOffset = 0x0A;
constexpr std::uint64_t kKeyOffset = 0x0E;
constexpr std::uint16_t kEncrypted = 0x0100;
constexpr std::uint16_t kSecondTable = 0x0200;
constexpr std::uint16_t kObfuscated = 0x8000;
constexpr std::uint32_t kBlockBytes = 512;

std::uint16_t FlagsOf(base::Bytes word_document) {
  return base::ReadAt<std::uint16_t>(word_document, kFlagsOffset).value_or(0);
}

}  // namespace

bool IsEncryptedWordDocument(base::Bytes word_document) {
  return base::ReadAt<std::uint16_t>(word_document, 0) == kMagic &&
         (FlagsOf(word_document) & kEncrypted) != 0;
}

std::string_view TableStreamOf(base::Bytes word_document) {
  return (FlagsOf(word_document) & kSecondTable) != 0 ? "1Table" : "0Table";
}

base::Result<WordKey> WordKey::Find(base::Bytes word_document, base::Bytes table,
                                    std::span<const std::string> passwords, base::Budget& budget) {
  const auto number = base::ReadAt<std::uint32_t>(word_document, kKeyOffset);
  if (!number) {
    return GapError(base::ErrorKind::kMalformed, kDamagedHeader);
  }
  WordKey key;
  if ((FlagsOf(word_document) & kObfuscated) != 0) {
    const XorCheck check = {static_cast<std::uint16_t>(*number >> 16),
                            static_cast<std::uint16_t>(*number & 0xFFFF)};
    key.xor_ = XorKey::Find(XorMethod::kWord, check, passwords, budget);
    if (!key.xor_) {
      return GapError(base::ErrorKind::kPermission, kNoPasswordFits);
    }
    return key;
  }
  // The number is how long the header is; what it says of itself is enough.
  DAY_TRY_ASSIGN(key.rc4_, Rc4Key::Find(table, passwords, budget));
  return key;
}

bool WordKey::Decrypt(Stream stream, base::Bytes content, inflate::OutputBuffer& out) const {
  out.Clear();
  if (content.empty()) {
    return true;
  }
  if (!out.Reserve(content.size())) {
    return false;
  }
  const std::span<std::byte> plain = out.free().first(content.size());
  std::memcpy(plain.data(), content.data(), content.size());
  const std::size_t from = stream == Stream::kDocument ? std::min(kPlainBytes, content.size()) : 0;
  if (xor_) {
    xor_->Decrypt(from, plain.subspan(from));
  } else {
    Rc4Stream(*rc4_, kBlockBytes).Apply(from, plain.subspan(from));
  }
  out.Commit(content.size());
  return true;
}

}  // namespace day::unpack::officecrypt
