#include "libs/unpack/libarchive/libarchive_reader.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::libarchive {
namespace {

using parts::testing::Drained;

std::string Fixture(const std::string& name) {
  std::ifstream file(std::string(DAYLIGHT_SOURCE_DIR) + "/tests/fixtures/packages/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  std::map<std::string, Drained> members;
  std::string problem;
};

Outcome Read(const std::string& file, const base::BudgetLimits& limits = {}) {
  Outcome outcome;
  const auto format = FormatOf(base::AsBytes(file));
  EXPECT_TRUE(format.has_value());
  if (format) {
    const auto archive = Open(*format, base::AsBytes(file));
    base::Budget budget(limits);
    for (Drained& member : parts::testing::Drain(*archive, budget)) {
      std::string name = member.name;
      outcome.members[name] = std::move(member);
    }
    outcome.problem = std::string(archive->problem());
  }
  return outcome;
}

TEST(LibarchiveReaderTest, ReadsEveryMethod) {
  for (const char* name : {"lzma.7z", "lzma2.7z", "ppmd.7z", "bzip2.7z", "deflate.7z", "copy.7z"}) {
    Outcome outcome = Read(Fixture(name));
    EXPECT_EQ(outcome.problem, "") << name;
    ASSERT_EQ(outcome.members.size(), 2u) << name;
    EXPECT_EQ(outcome.members["b.txt"].content, "a needle in the nest\n") << name;
    EXPECT_EQ(outcome.members["b.txt"].gap, "") << name;
    EXPECT_EQ(outcome.members["dir/a.txt"].content.size(), 900u) << name;
  }
}

TEST(LibarchiveReaderTest, EncryptionIsAGap) {
  for (const char* name : {"encrypted.7z"}) {
    const Outcome outcome = Read(Fixture(name));
    ASSERT_FALSE(outcome.members.empty()) << name;
    for (const auto& [path, member] : outcome.members) {
      EXPECT_EQ(member.gap, "encrypted") << name;
      EXPECT_FALSE(member.has_content) << name;
    }
  }
  EXPECT_EQ(Read(Fixture("hidden.7z")).problem, "encrypted");
}

TEST(LibarchiveReaderTest, DamageIsSaid) {
  const Outcome outcome = Read(Fixture("truncated.7z"));
  EXPECT_TRUE(outcome.members.empty());
  EXPECT_TRUE(outcome.problem.starts_with("damaged: ")) << outcome.problem;
}

TEST(LibarchiveReaderTest, ALimitEndsASolidArchive) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 10;
  const Outcome outcome = Read(Fixture("lzma2.7z"), limits);
  ASSERT_EQ(outcome.members.size(), 1u);
  EXPECT_EQ(outcome.members.begin()->second.gap, "limit file_bytes_max");
  EXPECT_TRUE(outcome.problem.starts_with("limit file_bytes_max; what follows"));
}

TEST(LibarchiveReaderTest, EveryTruncationAndFlippedByteEnds) {
  for (const char* name : {"lzma2.7z", "ppmd.7z"}) {
    const std::string file = Fixture(name);
    for (std::size_t i = 8; i < std::min<std::size_t>(file.size(), 600); ++i) {
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

TEST(LibarchiveReaderTest, KnowsItsFormats) {
  EXPECT_FALSE(FormatOf({}));
  EXPECT_FALSE(FormatOf(base::AsBytes("plain text")));
  EXPECT_EQ(FormatOf(base::AsBytes("7z\xBC\xAF\x27\x1C")), Format::k7z);
}

}  // namespace
}  // namespace day::unpack::libarchive
