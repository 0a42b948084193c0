#include "libs/unpack/arj/arj_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::arj {
namespace {

using parts::testing::Drained;

std::string Fixture(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/packages/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr) {
  ArjReader reader(base::AsBytes(file));
  base::Budget budget(parts::testing::SmallLimits());
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(ArjReaderTest, ReadsEveryMethod) {
  for (const char* name : {"m0.arj", "m1.arj", "m2.arj", "m3.arj", "m4.arj"}) {
    std::string problem;
    const std::string file = Fixture(name);
    ASSERT_TRUE(ArjReader::IsArj(base::AsBytes(file)));
    const auto all = Read(file, &problem);
    ASSERT_EQ(all.size(), 2u) << name;
    EXPECT_EQ(all[0].name, "dir/a.txt");
    EXPECT_EQ(all[0].content.size(), 900u);
    EXPECT_EQ(all[0].gap, "") << name;
    EXPECT_EQ(all[1].content, "a needle in the nest\n");
    EXPECT_EQ(all[1].gap, "") << name;
    EXPECT_EQ(problem, "");
  }
}

TEST(ArjReaderTest, EncryptionIsAGap) {
  const auto all = Read(Fixture("encrypted.arj"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].gap, "encrypted");
}

TEST(ArjReaderTest, FindsItsWayBehindDamage) {
  std::string file = Fixture("m1.arj");
  const std::size_t first = file.find("\x60\xEA", 10);
  file[first] = 'x';
  std::string problem;
  const auto all = Read(file, &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "b.txt");
  EXPECT_EQ(problem, "damaged: no header where one should be");
}

// Any byte of the main header or of the first file's, another one, missing or too many.
TEST(ArjReaderTest, DamagedHeadersLoseLittle) {
  const std::string file = Fixture("m1.arj");
  const std::size_t first = file.find("\x60\xEA", 10);
  const std::size_t size_of_first = static_cast<unsigned char>(file[first + 2]);
  for (std::size_t at = 2; at < first + 4 + size_of_first; ++at) {
    for (const std::string with : {"", "x", "xx"}) {
      std::string bad = file;
      bad.replace(at, 1, with);
      if (!ArjReader::IsArj(base::AsBytes(bad))) {
        EXPECT_LT(at, 4u);  // the size of the main header, out of all bounds
        continue;
      }
      const auto all = Read(bad);
      EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                              [](const Drained& member) {
                                return member.content.find("a needle in the nest\n") !=
                                       std::string::npos;
                              }))
          << at << " " << with;
    }
  }
}

TEST(ArjReaderTest, DamagedDataIsAGap) {
  std::string file = Fixture("m0.arj");
  file[file.find("quick")] = 'Q';
  EXPECT_EQ(Read(file).at(0).gap, "damaged: wrong checksum");
}

TEST(ArjReaderTest, EveryTruncationAndFlippedByteEnds) {
  for (const char* name : {"m1.arj", "m4.arj"}) {
    const std::string file = Fixture(name);
    for (std::size_t i = 0; i < file.size(); ++i) {
      std::string bad = file;
      bad[i] = static_cast<char>(~bad[i]);
      Read(file.substr(0, i));
      Read(bad);
    }
  }
}

}  // namespace
}  // namespace day::unpack::arj
