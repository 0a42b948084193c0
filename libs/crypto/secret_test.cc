#include "libs/crypto/secret.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

namespace day::crypto {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);

TEST(SecretBytes, HoldsMovesAndCompares) {
  SecretBytes secret = SecretBytes::Copy(base::AsBytes("key"));
  EXPECT_EQ(base::AsText(secret.RevealSecret()), "key");
  EXPECT_TRUE(secret == SecretBytes::Copy(base::AsBytes("key")));
  EXPECT_FALSE(secret == SecretBytes::Copy(base::AsBytes("kez")));
  EXPECT_FALSE(secret == SecretBytes());
  SecretBytes moved = std::move(secret);
  EXPECT_EQ(moved.size(), 3u);
  EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): empty is the contract
  moved = SecretBytes(2);
  EXPECT_EQ(moved.size(), 2u);
  EXPECT_EQ(moved.RevealSecret()[0], std::byte{0});
}

}  // namespace
}  // namespace day::crypto
