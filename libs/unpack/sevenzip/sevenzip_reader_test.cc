#include "libs/unpack/sevenzip/sevenzip_reader.h"

#include <gtest/gtest.h>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::sevenzip {
namespace {

using parts::testing::Drained;

std::string Fixture(const std::string& name) { return base::ReadFixture("packages/" + name); }

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr,
                          std::span<const std::string> passwords = {},
                          std::uint64_t password_tries_max = 500) {
  SevenZipReader reader(base::AsBytes(file), passwords);
  base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = password_tries_max;
  base::Budget budget(limits);
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

void ExpectBoth(const std::vector<Drained>& all) {
  ASSERT_EQ(all.size(), 2u);
  for (const Drained& member : all) {
    EXPECT_EQ(member.gap, "") << member.name;
    EXPECT_EQ(member.content.size(), member.name == "b.txt" ? 21u : 900u);
  }
}

TEST(SevenZipReaderTest, OpensWhatItsPasswordsFit) {
  for (const char* name :
       {"infected_lzma2.7z", "infected_lzma.7z", "infected_ppmd.7z", "infected_copy.7z",
        "infected_bcj2.7z", "infected_hidden.7z", "infected_bzip2.7z", "infected_deflate.7z"}) {
    SCOPED_TRACE(name);
    const std::string file = Fixture(name);
    ASSERT_TRUE(SevenZipReader::Is7z(base::AsBytes(file)));
    std::string problem;
    ExpectBoth(Read(file, &problem));
    EXPECT_EQ(problem, "");
  }
}

TEST(SevenZipReaderTest, OtherPasswordsAreThoseOfTheCaller) {
  const std::vector<std::string> passwords = {"no", "secret"};
  ExpectBoth(Read(Fixture("encrypted.7z"), nullptr, passwords));
  ExpectBoth(Read(Fixture("hidden.7z"), nullptr, passwords));
}

TEST(SevenZipReaderTest, WithoutThemEncryptionIsAGap) {
  const auto all = Read(Fixture("encrypted.7z"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].gap, "encrypted");
  std::string problem;
  EXPECT_TRUE(Read(Fixture("hidden.7z"), &problem).empty());
  EXPECT_EQ(problem, "encrypted");
  // One try is twelve.
  EXPECT_EQ(Read(Fixture("infected_lzma2.7z"), nullptr, {}, 11).at(0).gap, "encrypted");
}

TEST(SevenZipReaderTest, PlainArchivesAreReadAsTheyAre) {
  for (const char* name : {"lzma.7z", "lzma2.7z", "ppmd.7z", "copy.7z"}) {
    SCOPED_TRACE(name);
    ExpectBoth(Read(Fixture(name)));
  }
  std::string problem;
  EXPECT_TRUE(Read(Fixture("truncated.7z"), &problem).empty());
  EXPECT_TRUE(problem.starts_with("damaged")) << problem;
}

TEST(SevenZipReaderTest, AllDamageEnds) {
  for (const char* name : {"infected_lzma2.7z", "infected_hidden.7z"}) {
    const std::string file = Fixture(name);
    for (std::size_t i = 6; i < file.size(); ++i) {
      std::string bad = file;
      bad[i] = static_cast<char>(~bad[i]);
      Read(file.substr(0, i), nullptr, {}, i % 16 == 0 ? 12 : 0);
      Read(bad, nullptr, {}, i % 16 == 0 ? 12 : 0);
    }
  }
}

TEST(StreamsTest, CodersForAesAreTakenOut) {
  // LZMA that reads what AES gives, as 7-Zip writes it: one packed stream of 32 bytes.
  const std::string text = *base::FromHex(
      "060001092000"
      "070b010002"
      "2406f10701013f"
      "23030101055d00001000"
      "0100"
      "0c1b6400");
  const auto streams = ReadStreams(base::AsBytes(text));
  ASSERT_TRUE(streams);
  EXPECT_TRUE(streams->has_aes());
  Folder folder = streams->folders.at(0);
  ASSERT_EQ(folder.coders.size(), 2u);
  const auto removed = RemoveAes(folder);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->size, 27u);
  ASSERT_EQ(folder.coders.size(), 1u);
  EXPECT_TRUE(folder.bonds.empty());
  EXPECT_EQ(folder.unpack_sizes, std::vector<std::uint64_t>{100});
  EXPECT_EQ(folder.packed_inputs, std::vector<std::uint64_t>{0});
  EXPECT_FALSE(RemoveAes(folder));
}

}  // namespace
}  // namespace day::unpack::sevenzip
