#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "libs/similarity/ctph.h"
#include "libs/similarity/image_hash.h"
#include "libs/similarity/tlsh.h"

namespace day::similarity {
namespace {

std::string RandomText(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) {
    c = static_cast<char>(random() & 0xFF);
  }
  return text;
}

std::string Numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "function_" + std::to_string(i * 7919) + ",";
  }
  return text;
}

TEST(Tlsh, ShortOrUniformInputHasNoHash) {
  EXPECT_FALSE(TlshOf({}));
  EXPECT_FALSE(TlshOf(base::AsBytes(std::string(49, 'x'))));
  EXPECT_FALSE(TlshOf(base::AsBytes(std::string(10000, 'x'))));
}

TEST(Tlsh, TextsAreReadBack) {
  const auto digest = TlshOf(base::AsBytes(Numbers(60)));
  ASSERT_TRUE(digest);
  const std::string text = TlshText(*digest);
  EXPECT_EQ(text.size(), 72u);
  EXPECT_EQ(ParseTlsh(text), digest);
  EXPECT_EQ(ParseTlsh(text.substr(2)), digest);
  EXPECT_FALSE(ParseTlsh(text.substr(1)));
  EXPECT_FALSE(ParseTlsh(text.substr(0, 71) + "G"));
}

TEST(Tlsh, DistancesTellNearFromFar) {
  const auto first = *TlshOf(base::AsBytes(Numbers(600)));
  EXPECT_EQ(TlshDistance(first, first), 0u);
  EXPECT_LT(TlshDistance(first, *TlshOf(base::AsBytes(Numbers(600) + "one more"))), 10u);
  EXPECT_GT(TlshDistance(first, *TlshOf(base::AsBytes(RandomText(9000)))), 150u);
}

// Digests and distances of the reference implementation.
TEST(Tlsh, KnownDistance) {
  const auto a =
      ParseTlsh("301124198C869A5A4F0F9380A9AE92F2B9278F42089EA34272885F0FB2D34E6911444C");
  const auto b =
      ParseTlsh("09F05A198CC69A5A4F0F9380A9EE93F2B927CF42089EA74276DC5F0BB2D34E68114448");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(TlshDistance(*a, *b), 121u);
}

TEST(Ctph, SmallInputs) {
  EXPECT_EQ(CtphText(CtphOf({})), "3::");
  EXPECT_EQ(CtphText(CtphOf(base::AsBytes("a"))), "3:E:E");
}

TEST(Ctph, TextsAreReadBack) {
  const CtphDigest digest = CtphOf(base::AsBytes(RandomText(100000)));
  const auto again = ParseCtph(CtphText(digest));
  ASSERT_TRUE(again);
  EXPECT_EQ(CtphText(*again), CtphText(digest));
  for (const char* bad :
       {"", "3", "3:", "3:A", "2:A:B", "x:A:B", "3:A:B:C", "3:A,:B", "99999999999999999999:A:B"}) {
    EXPECT_FALSE(ParseCtph(bad)) << bad;
  }
}

TEST(Ctph, ScoresTellNearFromFar) {
  const std::string text = RandomText(50000);
  const CtphDigest digest = CtphOf(base::AsBytes(text));
  EXPECT_EQ(CtphScore(digest, digest), 100u);
  const CtphDigest changed =
      CtphOf(base::AsBytes(text.substr(0, 25000) + "changed here" + text.substr(25000)));
  EXPECT_GT(CtphScore(digest, changed), 90u);
  EXPECT_EQ(CtphScore(digest, CtphOf(base::AsBytes(RandomText(50000, 2)))), 0u);
  // Twice the block size: half of the one is compared with the whole of the other.
  const CtphDigest longer = CtphOf(base::AsBytes(text + RandomText(70000, 3)));
  EXPECT_EQ(longer.block_size, digest.block_size * 2);
  EXPECT_GT(CtphScore(digest, longer), 20u);
}

// What `sigtool --fuzzy-img` of ClamAV 1.4.6 says of the same pixels, as BMP files.
TEST(ImageHashTest, AgreesWithSigtool) {
  const auto hash = [](unsigned width, unsigned height, auto colour) {
    std::vector<std::uint8_t> rgb;
    for (unsigned y = 0; y < height; ++y) {
      for (unsigned x = 0; x < width; ++x) {
        for (const unsigned value : colour(x, y)) {
          rgb.push_back(static_cast<std::uint8_t>(value));
        }
      }
    }
    return ImageHash(width, height, rgb);
  };
  const auto waves = [](unsigned x, unsigned y) {
    return std::array{x * 7 + y * 3, x * y, x * x / 5 + y};
  };
  const auto tiles = [](unsigned x, unsigned y) {
    return std::array{(x / 9 + y / 13) % 3 == 0 ? 255u : 20u, y * 2, (x + 2 * y) % 200};
  };
  EXPECT_EQ(hash(100, 60, waves), 0x800317151f3f3f3eu);
  EXPECT_EQ(hash(33, 97, tiles), 0xb1307131f1ed4eb1u);
  EXPECT_EQ(hash(20, 20, waves), 0x826d5aa56a55ab56u);
  EXPECT_EQ(hash(300, 200, tiles), 0xdd007509df3155b9u);
}

}  // namespace
}  // namespace day::similarity
