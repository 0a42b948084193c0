#include "libs/unpack/lha/lha_reader.h"

#include <gtest/gtest.h>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::lha {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::ReadAll;

std::string Fixture(const std::string& name) { return base::ReadFixture("packages/" + name); }

TEST(LhaReaderTest, ReadsEveryMethodAndLevel) {
  for (const char* name :
       {"stored.lzh", "lh1.lzh", "lzs.lzh", "lz5.lzh", "lh4.lzh", "lh5.lzh", "lh6.lzh", "lh7.lzh",
        "lhx.lzh", "level1.lzh", "level2.lzh", "level3.lzh"}) {
    SCOPED_TRACE(name);
    const std::string file = Fixture(name);
    ASSERT_TRUE(LhaReader::IsLha(base::AsBytes(file)));
    std::string problem;
    const auto all = ReadAll<LhaReader>(file, &problem);
    ASSERT_GE(all.size(), 2u);
    ExpectFile(all.front(), "dir/a.txt", 900);
    ExpectFile(all.back(), "b.txt", 21);
    for (const auto& member : all) {
      EXPECT_EQ(member.gap, "") << member.name;
    }
    EXPECT_EQ(problem, "");
  }
}

TEST(LhaReaderTest, WhatItDoesNotKnowIsAGap) {
  const auto all = ReadAll<LhaReader>(Fixture("pm2.lzh"));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].gap, "unsupported: method -pm2-");
  EXPECT_FALSE(all[0].has_content);
  ExpectFile(all[1], "b.txt", 21);
}

TEST(LhaReaderTest, FindsItsWayBehindDamage) {
  std::string file = Fixture("lh1.lzh");
  std::string problem;
  file[2] = 'x';  // of the first method's name
  EXPECT_FALSE(LhaReader::IsLha(base::AsBytes(file)));
  file = Fixture("stored.lzh");
  file[20] = 9;  // the first header's level
  const auto all = ReadAll<LhaReader>(file, &problem);
  ASSERT_EQ(all.size(), 1u);
  ExpectFile(all[0], "b.txt", 21);
  EXPECT_EQ(problem, "damaged: no header where one should be");
  file = Fixture("stored.lzh");
  file[file.find("quick")] = 'Q';
  EXPECT_EQ(ReadAll<LhaReader>(file).at(0).gap, "damaged: wrong checksum");
  const auto cut = ReadAll<LhaReader>(Fixture("lh1.lzh").substr(0, 60));
  EXPECT_EQ(cut.at(0).gap, "damaged: the data ends too early");
}

TEST(LhaReaderTest, AllDamageEnds) {
  for (const char* name : {"lh1.lzh", "lzs.lzh", "lz5.lzh", "level1.lzh", "level3.lzh"}) {
    ExpectAllDamageEnds<LhaReader>(Fixture(name), 0, LhaReader::IsLha);
  }
}

}  // namespace
}  // namespace day::unpack::lha
