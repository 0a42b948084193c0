#include "libs/unpack/cipher/zip_cipher.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::cipher {
namespace {

// The bytes 00 to 0B, then "hello", by PKWARE's cipher under "infected".
constexpr std::string_view kOld = "03473a0edbcf7351b0588e3b2f12972576";
// "hello", by 7z's AES-256 under the same password.
constexpr std::string_view kAes =
    "3d4801126a1068f65fa8c334539c9526adb92b77d3810799b31fd7a474bfc776ee";

TEST(ZipCipherTest, OldCipher) {
  const std::string sealed = *base::FromHex(kOld);
  EXPECT_TRUE(OldPasswordFits(base::AsBytes(sealed), "infected", 0x0B));
  EXPECT_FALSE(OldPasswordFits(base::AsBytes(sealed), "infected", 0x0C));
  EXPECT_FALSE(OldPasswordFits(base::AsBytes(sealed).first(11), "infected", 0x0B));
  EXPECT_EQ(base::AsText(DecryptOld(base::AsBytes(sealed), "infected")), "hello");
}

TEST(ZipCipherTest, Aes) {
  std::string sealed = *base::FromHex(kAes);
  const auto plain = DecryptAes(base::AsBytes(sealed), 3, "infected");
  ASSERT_TRUE(plain);
  EXPECT_EQ(base::AsText(*plain), "hello");
  EXPECT_FALSE(DecryptAes(base::AsBytes(sealed), 3, "infecteD"));
  EXPECT_FALSE(DecryptAes(base::AsBytes(sealed), 4, "infected"));
  EXPECT_FALSE(DecryptAes(base::AsBytes(sealed).first(20), 3, "infected"));
  sealed[20] = 'x';  // the data: its code no longer fits
  EXPECT_FALSE(DecryptAes(base::AsBytes(sealed), 3, "infected"));
  EXPECT_TRUE(DecryptAes(base::AsBytes(sealed), 3, "infected", AesProof::kCheckOnly));
}

}  // namespace
}  // namespace day::unpack::cipher
