#include "libs/crypto/cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace day::crypto {
namespace {

const EVP_CIPHER* AesOf(AesMode mode, std::size_t key_bytes) {
  const bool is_cbc = mode == AesMode::kCbc;
  switch (key_bytes) {
    case 16:
      return is_cbc ? EVP_aes_128_cbc() : EVP_aes_128_ecb();
    case 24:
      return is_cbc ? EVP_aes_192_cbc() : EVP_aes_192_ecb();
    case 32:
      return is_cbc ? EVP_aes_256_cbc() : EVP_aes_256_ecb();
    default:
      return nullptr;
  }
}

const unsigned char* Raw(base::Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Rc4::Rc4(base::Bytes key) {
  std::iota(state_.begin(), state_.end(), std::uint8_t{0});
  std::uint8_t j = 0;
  for (std::size_t i = 0; i < state_.size(); ++i) {
    j = static_cast<std::uint8_t>(j + state_[i] +
                                  std::to_integer<std::uint8_t>(key[i % key.size()]));
    std::swap(state_[i], state_[j]);
  }
}

std::uint8_t Rc4::NextByte() {
  i_ = static_cast<std::uint8_t>(i_ + 1);
  j_ = static_cast<std::uint8_t>(j_ + state_[i_]);
  std::swap(state_[i_], state_[j_]);
  return state_[static_cast<std::uint8_t>(state_[i_] + state_[j_])];
}

void Rc4::Apply(std::span<std::byte> data) {
  for (std::byte& byte : data) {
    byte ^= std::byte{NextByte()};
  }
}

void Rc4::Skip(std::uint64_t count) {
  for (; count > 0; --count) {
    (void)NextByte();
  }
}

void AesCipher::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

std::optional<AesCipher> AesCipher::Create(AesMode mode, CipherDirection direction,
                                           base::Bytes key) {
  const EVP_CIPHER* cipher = AesOf(mode, key.size());
  std::unique_ptr<evp_cipher_ctx_st, Free> context(EVP_CIPHER_CTX_new());
  const int encrypt = direction == CipherDirection::kEncrypt ? 1 : 0;
  if (cipher == nullptr || context == nullptr ||
      EVP_CipherInit_ex(context.get(), cipher, nullptr, Raw(key), nullptr, encrypt) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
    return std::nullopt;
  }
  return AesCipher(mode, std::move(context));
}

bool AesCipher::Apply(base::Bytes iv, std::span<std::byte> data) {
  if (mode_ == AesMode::kCbc &&
      (iv.size() < kAesBlockBytes ||
       EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, Raw(iv), -1) != 1)) {
    return false;
  }
  constexpr std::size_t kStepBytes = std::size_t{1} << 30;  // libcrypto's lengths are ints
  const std::size_t whole = data.size() / kAesBlockBytes * kAesBlockBytes;
  for (std::size_t at = 0; at < whole; at += kStepBytes) {
    auto* bytes = reinterpret_cast<unsigned char*>(data.data()) + at;
    const auto size = static_cast<int>(std::min(kStepBytes, whole - at));
    int written = 0;
    if (EVP_CipherUpdate(context_.get(), bytes, &written, bytes, size) != 1 || written != size) {
      return false;
    }
  }
  return true;
}

}  // namespace day::crypto
