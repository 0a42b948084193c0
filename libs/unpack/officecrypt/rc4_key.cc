#include "libs/unpack/officecrypt/rc4_key.h"

#include <algorithm>
#include <utility>

#include "libs/crypto/digester.h"
#include "libs/crypto/hash.h"
#include "libs/unpack/officecrypt/passwords.h"

namespace day::unpack::officecrypt {
namespace {

using Method = EncryptionHeader::Method;

// What each try costs: a few hashes and a key schedule.
constexpr std::uint64_t kStepsPerTry = 5'000;
constexpr std::size_t kRc4RootBytes = 5;
constexpr int kRc4Repeats = 16;
constexpr std::size_t kShortKeyBytes = 5;  // CryptoAPI fills these up with zeros
constexpr std::size_t kFullKeyBytes = 16;

template <std::size_t kSize>
std::string Text(const crypto::Digest<kSize>& digest) {
  return std::string(base::AsText(digest));
}

std::string Md5(std::string_view text) { return Text(crypto::Md5(base::AsBytes(text))); }
std::string Sha1(std::string_view text) { return Text(crypto::Sha1(base::AsBytes(text))); }

std::string RootOf(const EncryptionHeader& header, std::string_view password) {
  const std::string_view salt = base::AsText(header.salt);
  if (header.method == Method::kRc4CryptoApi) {
    return Sha1(std::string(salt) + ToUtf16(password));
  }
  const std::string hash = Md5(ToUtf16(password)).substr(0, kRc4RootBytes);
  std::string repeated;
  for (int i = 0; i < kRc4Repeats; ++i) {
    repeated.append(hash).append(salt);
  }
  return Md5(repeated).substr(0, kRc4RootBytes);
}

bool Fits(const Rc4Key& key, const EncryptionHeader& header) {
  crypto::Rc4 rc4 = key.ForBlock(0);
  std::string verifier(base::AsText(header.verifier));
  std::string hash(base::AsText(header.verifier_hash));
  rc4.Apply(std::as_writable_bytes(std::span(verifier)));
  rc4.Apply(std::as_writable_bytes(std::span(hash)));
  return hash == (header.method == Method::kRc4 ? Md5(verifier) : Sha1(verifier));
}

}  // namespace

base::Result<Rc4Key> Rc4Key::Find(base::Bytes header_bytes, std::span<const std::string> passwords,
                                  base::Budget& budget) {
  DAY_TRY_ASSIGN(const EncryptionHeader header, ReadEncryptionHeader(header_bytes));
  if (header.method != Method::kRc4 && header.method != Method::kRc4CryptoApi) {
    return GapError(base::ErrorKind::kUnsupported, kUnknownMethod);
  }
  for (const std::string& password : passwords) {
    if (!budget.SpendSteps(kStepsPerTry).ok()) {
      return GapError(base::ErrorKind::kLimit, kNotTried);
    }
    Rc4Key key(header.method, header.key_bytes, RootOf(header, password));
    if (Fits(key, header)) {
      return key;
    }
  }
  return GapError(base::ErrorKind::kPermission, kNoPasswordFits);
}

crypto::Rc4 Rc4Key::ForBlock(std::uint32_t block) const {
  const std::string message = root_ + LittleEndian32(block);
  if (method_ == Method::kRc4) {
    return crypto::Rc4(base::AsBytes(Md5(message)));
  }
  std::string key = Sha1(message).substr(0, key_bytes_);
  if (key_bytes_ == kShortKeyBytes) {
    key.resize(kFullKeyBytes, '\0');
  }
  return crypto::Rc4(base::AsBytes(key));
}

void Rc4Stream::Seek(std::uint64_t offset) {
  const std::uint64_t block = offset / block_bytes_;
  if (!rc4_ || block != position_ / block_bytes_) {
    rc4_ = key_.ForBlock(static_cast<std::uint32_t>(block));
    position_ = block * block_bytes_;
  }
  rc4_->Skip(offset - position_);
  position_ = offset;
}

void Rc4Stream::Apply(std::uint64_t offset, std::span<std::byte> data) {
  while (!data.empty()) {
    Seek(offset);
    const std::uint64_t left = block_bytes_ - offset % block_bytes_;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, data.size()));
    rc4_->Apply(data.first(count));
    data = data.subspan(count);
    offset += count;
    // At the end of a block position_ stands in the next one, whose key is not made yet.
    if (count == left) {
      rc4_.reset();
    }
    position_ = offset;
  }
}

}  // namespace day::unpack::officecrypt
