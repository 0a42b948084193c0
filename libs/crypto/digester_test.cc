#include "libs/crypto/digester.h"

#include <gtest/gtest.h>

#include "libs/base/bytes.h"

namespace day::crypto {
namespace {

// FIPS 180-4's and RFC 1321's examples: the digests of "abc".
TEST(DigesterTest, HashesPiecesAsOne) {
  for (const auto& [name, digest] :
       {std::pair("MD5", "900150983cd24fb0d6963f7d28e17f72"),
        std::pair("SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        std::pair("SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        std::pair("SHA384",
                  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                  "8086072ba1e7cc2358baeca134c825a7"),
        std::pair("SHA512",
                  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")}) {
    Digester digester(HashByName(name).value());
    EXPECT_EQ(base::ToHex(base::AsBytes(digester.Of({"a", "", "bc"}))), digest);
    EXPECT_EQ(digester.Of({"abc"}).size(), digester.size_bytes());
  }
  EXPECT_FALSE(HashByName("MD2").has_value());
}

TEST(DigesterTest, SpinsWithTheRoundInFront) {
  Digester digester(HashKind::kSha256);
  const std::string start = digester.Of({"start"});
  const std::string once = digester.Of({std::string_view("\0\0\0\0", 4), start});
  EXPECT_EQ(digester.Spin(start, 0), start);
  EXPECT_EQ(digester.Spin(start, 1), once);
  EXPECT_EQ(digester.Spin(start, 2), digester.Of({std::string_view("\1\0\0\0", 4), once}));
}

}  // namespace
}  // namespace day::crypto
