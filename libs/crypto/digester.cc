#include "libs/crypto/digester.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace day::crypto {
namespace {

const char* NameOf(HashKind kind) {
  switch (kind) {
    case HashKind::kMd5:
      return "MD5";
    case HashKind::kSha1:
      return "SHA1";
    case HashKind::kSha256:
      return "SHA256";
    case HashKind::kSha384:
      return "SHA384";
    case HashKind::kSha512:
      break;
  }
  return "SHA512";
}

// Nothing here depends on input: the machine has no memory, or its libcrypto no such hash.
void Check(bool worked) {
  if (!worked) {
    std::abort();
  }
}

}  // namespace

std::optional<HashKind> HashByName(std::string_view name) {
  constexpr std::pair<std::string_view, HashKind> kNames[] = {
      {"SHA512", HashKind::kSha512}, {"SHA-512", HashKind::kSha512}, {"SHA1", HashKind::kSha1},
      {"SHA-1", HashKind::kSha1},    {"SHA256", HashKind::kSha256},  {"SHA-256", HashKind::kSha256},
      {"SHA384", HashKind::kSha384}, {"SHA-384", HashKind::kSha384}, {"MD5", HashKind::kMd5}};
  for (const auto& [known, kind] : kNames) {
    if (known == name) {
      return kind;
    }
  }
  return std::nullopt;
}

void Digester::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }
void Digester::Free::operator()(evp_md_st* method) const { EVP_MD_free(method); }

Digester::Digester(HashKind kind)
    : method_(EVP_MD_fetch(nullptr, NameOf(kind), nullptr)), context_(EVP_MD_CTX_new()) {
  Check(method_ != nullptr && context_ != nullptr);
}

std::size_t Digester::size_bytes() const {
  return static_cast<std::size_t>(EVP_MD_get_size(method_.get()));
}

std::string Digester::Of(std::initializer_list<std::string_view> pieces) {
  Check(EVP_DigestInit_ex2(context_.get(), method_.get(), nullptr) == 1);
  for (const std::string_view piece : pieces) {
    Check(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  Check(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string Digester::Spin(std::string digest, std::uint32_t count) {
  std::array<unsigned char, 4 + EVP_MAX_MD_SIZE> message{};
  const std::size_t size = size_bytes();
  digest.resize(size);
  std::memcpy(message.data() + 4, digest.data(), size);
  for (std::uint32_t round = 0; round < count; ++round) {
    for (unsigned i = 0; i < 4; ++i) {
      message[i] = static_cast<unsigned char>(round >> (8 * i) & 0xFF);
    }
    Check(EVP_DigestInit_ex2(context_.get(), method_.get(), nullptr) == 1 &&
          EVP_DigestUpdate(context_.get(), message.data(), 4 + size) == 1 &&
          EVP_DigestFinal_ex(context_.get(), message.data() + 4, nullptr) == 1);
  }
  return {reinterpret_cast<const char*>(message.data()) + 4, size};
}

}  // namespace day::crypto
