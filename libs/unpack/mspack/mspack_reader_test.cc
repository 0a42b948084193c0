#include "libs/unpack/mspack/mspack_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "libs/unpack/mspack/cabinet_blocks.h"
#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::mspack {
namespace {

using parts::testing::Drained;

std::string Fixture(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/packages/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  std::vector<Drained> members;
  std::string problem;
};

Outcome Read(const std::string& file, const base::BudgetLimits& limits = {}) {
  Outcome outcome;
  const auto format = FormatOf(base::AsBytes(file));
  EXPECT_TRUE(format.has_value());
  if (format) {
    const auto archive = Open(*format, base::AsBytes(file));
    base::Budget budget(limits);
    outcome.members = parts::testing::Drain(*archive, budget);
    outcome.problem = std::string(archive->problem());
  }
  return outcome;
}

TEST(MspackReaderTest, ReadsCabinets) {
  for (const char* name : {"mszip.cab", "stored.cab", "lzx.cab", "quantum.cab"}) {
    const Outcome outcome = Read(Fixture(name));
    EXPECT_EQ(outcome.problem, "") << name;
    ASSERT_EQ(outcome.members.size(), 2u) << name;
    EXPECT_EQ(outcome.members[0].name, "dir\\a.txt");
    EXPECT_EQ(outcome.members[0].content.size(), 900u);
    EXPECT_EQ(outcome.members[1].name, "b.txt");
    EXPECT_EQ(outcome.members[1].content, "a needle in the nest\n");
    EXPECT_EQ(outcome.members[1].gap, "");
  }
}

TEST(MspackReaderTest, ReadsCompiledHelp) {
  const Outcome outcome = Read(Fixture("help.chm"));
  EXPECT_EQ(outcome.problem, "");
  ASSERT_EQ(outcome.members.size(), 3u);
  EXPECT_EQ(outcome.members[0].name, "/c.txt");
  EXPECT_EQ(outcome.members[0].content, "not packed\n");
  EXPECT_EQ(outcome.members[1].name, "/dir/a.txt");
  EXPECT_EQ(outcome.members[1].content.size(), 900u);
  EXPECT_EQ(outcome.members[2].name, "/b.txt");
  EXPECT_EQ(outcome.members[2].content, "a needle in the nest\n");
  EXPECT_EQ(outcome.members[2].gap, "");
}

TEST(MspackReaderTest, DamageIsSaid) {
  const Outcome outcome = Read(Fixture("truncated.cab"));
  ASSERT_EQ(outcome.members.size(), 2u);
  EXPECT_EQ(outcome.members[0].gap, "damaged: the data ends too early");
  EXPECT_NE(Read(Fixture("mszip.cab").substr(0, 30)).problem, "");
  EXPECT_NE(Read("ITSF").problem, "");
}

TEST(MspackReaderTest, LimitsAreSaid) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 10;
  const Outcome outcome = Read(Fixture("mszip.cab"), limits);
  ASSERT_EQ(outcome.members.size(), 2u);
  EXPECT_EQ(outcome.members[0].content.size(), 10u);
  EXPECT_EQ(outcome.members[0].gap, "limit file_bytes_max");
}

TEST(MspackReaderTest, EveryTruncationAndFlippedByteEnds) {
  for (const char* name : {"mszip.cab", "stored.cab", "lzx.cab", "quantum.cab", "help.chm"}) {
    const std::string file = Fixture(name);
    for (std::size_t i = 8; i < std::min<std::size_t>(file.size(), 400); ++i) {
      std::string bad = file;
      bad[i] = static_cast<char>(~bad[i]);
      for (const std::string& input : {file.substr(0, i), bad}) {
        if (FormatOf(base::AsBytes(input))) {
          Read(input, parts::testing::SmallLimits());
        }
      }
    }
  }
}

// libmspack says nothing of it when it salvages what it can.
TEST(MspackReaderTest, WrongChecksumsAreGaps) {
  for (const char* name : {"stored.cab", "mszip.cab"}) {
    const std::string file = Fixture(name);
    CabinetBlocks blocks(base::AsBytes(file));
    std::size_t count = 0;
    while (const auto block = blocks.Next()) {
      EXPECT_TRUE(IsRight(*block)) << name;
      EXPECT_LE(block->end, file.size()) << name;
      ++count;
      std::string bad = file;
      bad[block->end - 1] = static_cast<char>(bad[block->end - 1] ^ 1);
      const auto all = Read(bad).members;
      EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const Drained& member) {
        return member.gap.starts_with("damaged");
      })) << name;
    }
    EXPECT_GT(count, 0u) << name;
  }
}

TEST(MspackReaderTest, BlocksOfAnythingEnd) {
  std::string file = Fixture("mszip.cab");
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const char with : {'\0', '\xFF'}) {
      std::string bad = file;
      bad[at] = with;
      CabinetBlocks blocks(base::AsBytes(bad));
      for (int count = 0; count < 100'000 && blocks.Next(); ++count) {
      }
    }
  }
  CabinetBlocks none(base::Bytes{});
  EXPECT_FALSE(none.Next());
}

}  // namespace
}  // namespace day::unpack::mspack
