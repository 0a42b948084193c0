#include "libs/unpack/egg/egg_reader.h"

#include <gtest/gtest.h>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::egg {
namespace {

using parts::testing::Drained;
using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::ReadAll;

std::string Fixture(const std::string& name) { return base::ReadFixture("packages/" + name); }

TEST(EggReaderTest, ReadsEveryMethod) {
  for (const char* name :
       {"stored.egg", "deflate.egg", "bzip2.egg", "lzma.egg", "solid.egg", "solid_each.egg"}) {
    SCOPED_TRACE(name);
    const std::string file = Fixture(name);
    ASSERT_TRUE(EggReader::IsEgg(base::AsBytes(file)));
    std::string problem;
    const auto all = ReadAll<EggReader>(file, &problem);
    ASSERT_EQ(all.size(), 2u);
    ExpectFile(all[0], "dir/a.txt", 900);
    ExpectFile(all[1], "b.txt", 21);
    EXPECT_EQ(problem, "");
  }
}

TEST(EggReaderTest, FilesOfSeveralBlocksAndComments) {
  const auto blocks = ReadAll<EggReader>(Fixture("blocks.egg"));
  ASSERT_EQ(blocks.size(), 2u);
  ExpectFile(blocks[0], "dir/a.txt", 900);
  const auto comment = ReadAll<EggReader>(Fixture("comment.egg"));
  ASSERT_EQ(comment.size(), 3u);
  EXPECT_EQ(comment[2].name, "(comment)");
  EXPECT_EQ(comment[2].content, "a needle in the nest\n");
}

TEST(EggReaderTest, OpensWhatItsPasswordsFit) {
  for (const char* name : {"encrypted_old.egg", "encrypted_aes128.egg", "encrypted_aes256.egg",
                           "encrypted_counted.egg"}) {
    SCOPED_TRACE(name);
    const auto all = ReadAll<EggReader>(Fixture(name));
    ASSERT_EQ(all.size(), 2u);
    ExpectFile(all[0], "dir/a.txt", 900);
    ExpectFile(all[1], "b.txt", 21);
  }
  for (const char* name : {"encrypted_lea.egg", "encrypted_unknown.egg"}) {
    const auto all = ReadAll<EggReader>(Fixture(name));
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].gap, "encrypted");
    EXPECT_FALSE(all[0].has_content);
  }
  const std::string file = Fixture("encrypted_unknown.egg");
  const std::vector<std::string> passwords = {"no", "correct horse battery"};
  EggReader reader(base::AsBytes(file), passwords);
  base::Budget budget(parts::testing::SmallLimits());
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_EQ(all.size(), 2u);
  ExpectFile(all[1], "b.txt", 21);
}

TEST(EggReaderTest, WhatIsNotOpenedIsAGap) {
  const auto azo = ReadAll<EggReader>(Fixture("azo.egg"));
  ASSERT_EQ(azo.size(), 2u);
  EXPECT_EQ(azo[0].gap, "unsupported: AZO compression");
  std::string problem;
  const auto volume = ReadAll<EggReader>(Fixture("volume.egg"), &problem);
  ASSERT_EQ(volume.size(), 2u);
  ExpectFile(volume[0], "dir/a.txt", 900);
  EXPECT_EQ(volume[1].gap, "unsupported: goes on in another volume");
  EXPECT_EQ(problem, "unsupported: one volume of a split archive");
}

TEST(EggReaderTest, FindsItsWayBehindDamage) {
  std::string file = Fixture("stored.egg");
  file.replace(18, 4, "oops");
  std::string problem;
  const auto all = ReadAll<EggReader>(file, &problem);
  ASSERT_EQ(all.size(), 1u);
  ExpectFile(all[0], "b.txt", 21);
  EXPECT_EQ(problem, "damaged: no header where one should be");
  file = Fixture("stored.egg");
  file[file.find("needle")] = 'N';
  EXPECT_EQ(ReadAll<EggReader>(file).at(1).gap, "damaged: wrong checksum");
  file.resize(file.size() - 10);
  const auto cut = ReadAll<EggReader>(file, &problem);
  EXPECT_EQ(cut.at(1).gap, "damaged: the data ends too early");
  EXPECT_EQ(problem, "damaged: the archive ends without its end mark");
}

TEST(EggReaderTest, ASolidArchiveHidesNothing) {
  std::string file = Fixture("solid.egg");
  const std::size_t first = file.find("\xE3\x90\x85\x0A");
  file[first + 8] = 5;  // the first file's size, which was 900
  file[first + 9] = 0;
  const auto all = ReadAll<EggReader>(file);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].content, "The q");
  EXPECT_EQ(all[1].content.size(), 21u);
  EXPECT_EQ(all[2].name, "(rest)");
  EXPECT_EQ(all[2].content.size(), 921u - 26u);
}

TEST(EggReaderTest, LimitsHold) {
  const std::string file = Fixture("blocks.egg");
  base::BudgetLimits limits;
  limits.file_bytes_max = 500;
  base::Budget budget(limits);
  EggReader reader(base::AsBytes(file));
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all[0].gap, "limit file_bytes_max");
  EXPECT_EQ(all[0].content.size(), 500u);
}

TEST(EggReaderTest, AllDamageEnds) {
  for (const char* name : {"lzma.egg", "solid.egg", "encrypted_old.egg"}) {
    ExpectAllDamageEnds<EggReader>(Fixture(name), 4, EggReader::IsEgg);
  }
}

}  // namespace
}  // namespace day::unpack::egg
