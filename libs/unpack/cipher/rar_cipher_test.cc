#include "libs/unpack/cipher/rar_cipher.h"

#include <gtest/gtest.h>

namespace day::unpack::cipher {
namespace {

TEST(RarCipherTest, ManyRoundsArePaid) {
  base::BudgetLimits limits;
  limits.password_tries_max = 20;
  base::Budget budget(limits);
  EXPECT_EQ(Rar5Cost(15), 8u);
  EXPECT_EQ(Rar5Cost(3), 1u);
  EXPECT_TRUE(PayForKey(budget, kRar3Cost));
  EXPECT_FALSE(PayForKey(budget, Rar5Cost(kRar5RoundsLog2Max)));
}

TEST(RarCipherTest, BlocksAreDecryptedInChains) {
  // Zeros under a key of zeros, by openssl: aes-128-cbc without padding, two blocks.
  const std::string sealed =
      *base::FromHex("66e94bd4ef8a2c3b884cfa59ca342b2ef795bd4a52e29ed713d313fa20e98dbc");
  const AesBlock zeros{};
  std::vector<std::byte> plain;
  // The last bytes are no whole block.
  ASSERT_TRUE(DecryptCbc(zeros, zeros, base::AsBytes(sealed + "xyz"), plain));
  EXPECT_EQ(base::ToHex(plain), std::string(64, '0'));
}

}  // namespace
}  // namespace day::unpack::cipher
