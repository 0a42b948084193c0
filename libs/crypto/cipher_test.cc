#include "libs/crypto/cipher.h"

#include <gtest/gtest.h>

#include <string>

namespace day::crypto {
namespace {

std::string FromHexText(std::string_view text) { return base::FromHex(text).value_or(""); }

std::span<std::byte> Writable(std::string& text) {
  return std::as_writable_bytes(std::span(text.data(), text.size()));
}

// RFC 6229, keys of 40 and 128 bits: the key stream at 0 and at 4,096.
TEST(CipherTest, Rc4GivesTheStandardsKeyStream) {
  for (const auto& [key, at, expected] :
       {std::tuple("0102030405", 0, "b2396305f03dc027ccc3524a0a1118a8"),
        std::tuple("0102030405", 4096, "ff25b58995996707e51fbdf08b34d875"),
        std::tuple("0102030405060708090a0b0c0d0e0f10", 0, "9ac7cc9a609d1ef7b2932899cde41b97")}) {
    const std::string key_bytes = FromHexText(key);
    Rc4 rc4(base::AsBytes(key_bytes));
    rc4.Skip(static_cast<std::uint64_t>(at));
    std::string stream(16, '\0');
    rc4.Apply(Writable(stream));
    EXPECT_EQ(base::ToHex(base::AsBytes(stream)), expected) << key << " at " << at;
  }
}

// FIPS 197 appendix C for the block, NIST SP 800-38A F.2 for CBC.
TEST(CipherTest, AesDecryptsTheStandardsExamples) {
  const std::string key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  for (const auto& [digits, cipher] : {std::pair(32, "69c4e0d86a7b0430d8cdb78070b4c55a"),
                                       std::pair(48, "dda97ca4864cdfe06eaf70a0ec0d7191"),
                                       std::pair(64, "8ea2b7ca516745bfeafc49904b496089")}) {
    const std::string key_bytes = FromHexText(key.substr(0, static_cast<std::size_t>(digits)));
    auto aes =
        AesCipher::Create(AesMode::kEcb, CipherDirection::kDecrypt, base::AsBytes(key_bytes));
    ASSERT_TRUE(aes.has_value());
    std::string data = FromHexText(cipher) + "tail";
    ASSERT_TRUE(aes->Apply({}, Writable(data)));
    EXPECT_EQ(base::ToHex(base::AsBytes(data)), "00112233445566778899aabbccddeeff7461696c");
  }
}

TEST(CipherTest, AesCbcStartsAnewWithEachVector) {
  const std::string key = FromHexText("2b7e151628aed2a6abf7158809cf4f3c");
  const std::string iv = FromHexText("000102030405060708090a0b0c0d0e0f");
  auto encrypt = AesCipher::Create(AesMode::kCbc, CipherDirection::kEncrypt, base::AsBytes(key));
  auto decrypt = AesCipher::Create(AesMode::kCbc, CipherDirection::kDecrypt, base::AsBytes(key));
  ASSERT_TRUE(encrypt && decrypt);
  const std::string plain =
      FromHexText("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
  for (int round = 0; round < 2; ++round) {
    std::string data = plain;
    ASSERT_TRUE(encrypt->Apply(base::AsBytes(iv), Writable(data)));
    EXPECT_EQ(base::ToHex(base::AsBytes(data)),
              "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
    ASSERT_TRUE(decrypt->Apply(base::AsBytes(iv), Writable(data)));
    EXPECT_EQ(data, plain);
  }
  std::string data = plain;
  EXPECT_FALSE(decrypt->Apply(base::AsBytes("short"), Writable(data)));
  EXPECT_FALSE(AesCipher::Create(AesMode::kCbc, CipherDirection::kDecrypt, base::AsBytes("short")));
}

}  // namespace
}  // namespace day::crypto
