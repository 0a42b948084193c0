#include "libs/signatures/cvd/testing/cvd_builder.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <cstdio>
#include <memory>

#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"

namespace day::signatures::cvd::testing {
namespace {

constexpr std::string_view kAlphabet =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
constexpr std::size_t kTarBlock = 512;
constexpr std::size_t kHeader = 512;

std::string Decimal(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  char* digits = BN_bn2dec(number);
  std::string text(digits);
  OPENSSL_free(digits);
  BN_free(number);
  return text;
}

std::string MakeKey(unsigned bits, RsaKey* key) {
  EVP_PKEY* pair = EVP_RSA_gen(bits);
  *key = {Decimal(pair, OSSL_PKEY_PARAM_RSA_N), Decimal(pair, OSSL_PKEY_PARAM_RSA_E)};
  std::string secret = Decimal(pair, OSSL_PKEY_PARAM_RSA_D);
  EVP_PKEY_free(pair);
  return secret;
}

// plain ^ secret mod n, as ClamAV writes numbers.
std::string SignPlain(const std::string& plain, const RsaKey& key, const std::string& secret) {
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(plain.data()),
                             static_cast<int>(plain.size()), nullptr);
  BIGNUM* modulus = nullptr;
  BIGNUM* exponent = nullptr;
  BN_dec2bn(&modulus, key.modulus.c_str());
  BN_dec2bn(&exponent, secret.c_str());
  BN_CTX* context = BN_CTX_new();
  BN_mod_exp(number, number, exponent, modulus, context);
  std::string text;
  while (!BN_is_zero(number)) {
    text += kAlphabet[static_cast<std::size_t>(BN_div_word(number, 64))];
  }
  BN_CTX_free(context);
  BN_free(exponent);
  BN_free(modulus);
  BN_free(number);
  return text;
}

std::string Mgf1(const std::string& seed, std::size_t size) {
  std::string mask;
  for (unsigned i = 0; mask.size() < size; ++i) {
    const std::string counter{'\0', '\0', static_cast<char>(i >> 8), static_cast<char>(i)};
    mask += base::AsText(crypto::Sha256(base::AsBytes(seed + counter)));
  }
  mask.resize(size);
  return mask;
}

std::string EncodePss(const std::string& message) {
  const std::string salt(32, 'S');
  const crypto::Sha256Digest digest = crypto::Sha256(base::AsBytes(message));
  const std::string to_hash = std::string(8, '\0') + std::string(base::AsText(digest)) + salt;
  const crypto::Sha256Digest outer = crypto::Sha256(base::AsBytes(to_hash));
  const std::string hash(base::AsText(outer));
  std::string block = std::string(256 - 32 - 1 - 33, '\0') + '\1' + salt;
  const std::string mask = Mgf1(hash, block.size());
  for (std::size_t i = 0; i < block.size(); ++i) {
    block[i] = static_cast<char>(block[i] ^ mask[i]);
  }
  block[0] = static_cast<char>(block[0] & 0x7F);
  return block + hash + '\xBC';
}

void AppendLittle(std::uint32_t value, std::size_t bytes, std::string* out) {
  for (std::size_t i = 0; i < bytes; ++i) {
    *out += static_cast<char>(value >> (8 * i));
  }
}

}  // namespace

SigningKeys::SigningKeys() {
  header_private_ = MakeKey(1024, &public_.header);
  info_private_ = MakeKey(2048, &public_.info);
}

std::string SigningKeys::SignHeader(const std::string& md5_digits) const {
  return SignPlain(base::FromHex(md5_digits).value_or(""), public_.header, header_private_);
}

std::string SigningKeys::SignInfo(const std::string& signed_text) const {
  return SignPlain(EncodePss(signed_text), public_.info, info_private_);
}

std::string MakeTar(const Files& files) {
  std::string tar;
  for (const auto& [name, content] : files) {
    std::string block(kTarBlock, '\0');
    block.replace(0, name.size(), name);
    block.replace(100, 7, "0000644");
    block.replace(108, 7, "0000000");
    block.replace(116, 7, "0000000");
    std::array<char, 16> digits{};
    (void)std::snprintf(digits.data(), digits.size(), "%011zo", content.size());
    block.replace(124, 11, digits.data());
    block.replace(136, 11, "00000000000");
    block.replace(148, 8, "        ");
    block[156] = '0';
    block.replace(257, 8, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : block) {
      sum += static_cast<unsigned char>(c);
    }
    (void)std::snprintf(digits.data(), digits.size(), "%06o", sum);
    block.replace(148, 6, digits.data());
    block[154] = '\0';
    tar += block + content;
    tar.resize((tar.size() + kTarBlock - 1) / kTarBlock * kTarBlock);
  }
  tar.resize(tar.size() + 2 * kTarBlock);
  return tar;
}

std::string MakeGzip(const std::string& content) {
  constexpr std::size_t kStoredMax = 65535;
  std::string gzip("\x1F\x8B\x08\0\0\0\0\0\0\x03", 10);
  std::size_t at = 0;
  do {
    const std::size_t size = std::min(kStoredMax, content.size() - at);
    gzip += at + size == content.size() ? '\1' : '\0';
    AppendLittle(static_cast<std::uint32_t>(size), 2, &gzip);
    AppendLittle(~static_cast<std::uint32_t>(size), 2, &gzip);
    gzip += content.substr(at, size);
    at += size;
  } while (at < content.size());
  AppendLittle(crypto::Crc32(base::AsBytes(content)), 4, &gzip);
  AppendLittle(static_cast<std::uint32_t>(content.size()), 4, &gzip);
  return gzip;
}

std::string MakeCvd(const CvdSpec& spec) {
  const std::string head =
      "ClamAV-VDB:16 Apr 2020 07-58 -0400:" + std::to_string(spec.version) + ":1:63:";
  std::string info = head + "X:X:tester:1587038339\n";
  for (const auto& [name, content] : spec.files) {
    if (name != "COPYING") {
      info += name + ":" + std::to_string(content.size()) + ":" +
              crypto::Sha256Hex(base::AsBytes(content)) + "\n";
    }
  }
  if (spec.keys != nullptr) {
    info += "DSIG:" + spec.keys->SignInfo(info) + "\n";
  }
  Files all = spec.files;
  all.insert(all.begin(), {spec.name + ".info", info});
  std::string rest = MakeTar(all);
  if (spec.compressed) {
    rest = MakeGzip(rest);
  }
  const std::string md5 = crypto::ToHexDigest(crypto::Md5(base::AsBytes(rest)));
  std::string header = head + md5 + ":" +
                       (spec.keys != nullptr ? spec.keys->SignHeader(md5) : std::string("X")) +
                       ":tester:1587038339";
  header.resize(kHeader, ' ');
  return header + rest;
}

}  // namespace day::signatures::cvd::testing
