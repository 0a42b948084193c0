#include "libs/crypto/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace day::crypto {
namespace {

using base::AsBytes;

TEST(Hash, KnownDigests) {
  EXPECT_EQ(ToHexDigest(Md5(AsBytes(""))), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(ToHexDigest(Md5(AsBytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(ToHexDigest(Sha1(AsBytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(ToHexDigest(Sha256(AsBytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, PiecesGiveTheDigestOfTheWhole) {
  const std::string text(1000, 'x');
  Sha256Hasher hasher;
  hasher.Update(AsBytes("rubbish"));
  hasher.Reset();
  hasher.Update(AsBytes(text).first(333));
  hasher.Update({});
  hasher.Update(AsBytes(text).subspan(333));
  EXPECT_EQ(hasher.Finish(), Sha256(AsBytes(text)));
  EXPECT_EQ(hasher.Finish(), Sha256({}));  // Finish() starts anew
  Sha256Hasher moved = std::move(hasher);
  EXPECT_EQ(moved.Hash(AsBytes(text)), Sha256(AsBytes(text)));
}

TEST(Hash, HashForgetsAnUnfinishedMessage) {
  Md5Hasher hasher;
  hasher.Update(AsBytes("rubbish"));
  EXPECT_EQ(hasher.Hash(AsBytes("abc")), Md5(AsBytes("abc")));
}

TEST(Crc32, KnownValuesAndPieces) {
  EXPECT_EQ(Crc32(AsBytes("123456789")), 0xCBF43926u);
  EXPECT_EQ(Crc32({}), 0u);
  const std::string text = "The quick brown fox jumps over the lazy dog";
  EXPECT_EQ(Crc32(AsBytes(text)), 0x414FA339u);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::uint32_t head = Crc32(AsBytes(text).first(cut));
    EXPECT_EQ(Crc32(AsBytes(text).subspan(cut), head), 0x414FA339u) << cut;
  }
}

TEST(Hmac, Rfc4231) {
  HmacSha256 jefe(AsBytes("Jefe"));
  const auto expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  EXPECT_EQ(ToHexDigest(jefe.Authenticate(AsBytes("what do ya want for nothing?"))), expected);
  jefe.Update(AsBytes("what do ya want "));
  jefe.Update(AsBytes("for nothing?"));
  EXPECT_EQ(ToHexDigest(jefe.Finish()), expected);
  HmacSha256 long_key(AsBytes(std::string(131, '\xaa')));
  EXPECT_EQ(ToHexDigest(long_key.Authenticate(
                AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(EqualConstantTime, ComparesAllBytes) {
  EXPECT_TRUE(EqualConstantTime({}, {}));
  EXPECT_TRUE(EqualConstantTime(AsBytes("key"), AsBytes("key")));
  EXPECT_FALSE(EqualConstantTime(AsBytes("key"), AsBytes("kez")));
  EXPECT_FALSE(EqualConstantTime(AsBytes("key"), AsBytes("keys")));
}

}  // namespace
}  // namespace day::crypto
