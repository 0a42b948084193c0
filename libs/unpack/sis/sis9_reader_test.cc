#include "libs/unpack/sis/sis9_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::sis {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::InstallerFixture;
using parts::testing::ReadAll;

std::string Word(std::uint32_t value) {
  std::string bytes;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(value >> shift & 0xFF);
  }
  return bytes;
}

std::string FieldOf(std::uint32_t type, const std::string& content) {
  return Word(type) + Word(static_cast<std::uint32_t>(content.size())) + content +
         std::string((4 - content.size() % 4) % 4, '\0');
}

std::string Head() { return Word(0x10201A7A) + std::string(12, '\0'); }

// A compressed field that is only stored.
std::string StoredField(const std::string& content) {
  return FieldOf(3, Word(0) + Word(static_cast<std::uint32_t>(content.size())) + Word(0) + content);
}

TEST(Sis9ReaderTest, ReadsPackedAndStoredFiles) {
  for (const char* name : {"symbian9.sis", "symbian9_stored.sis"}) {
    const std::string data = InstallerFixture(name, 0);
    ASSERT_TRUE(Sis9Reader::IsSis9(base::AsBytes(data)));
    std::string problem;
    const auto all = ReadAll<Sis9Reader>(data, &problem);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].name, "(controller)");
    EXPECT_EQ(all[0].gap, "");
    EXPECT_NE(all[0].content.find("signed"), std::string::npos);
    ExpectFile(all[1], "a.txt", 900);
    ExpectFile(all[2], "b.txt", 21);
    EXPECT_EQ(problem, "");
  }
}

TEST(Sis9ReaderTest, NamesAreOfTheDataUnitOfTheirController) {
  std::string problem;
  const auto all = ReadAll<Sis9Reader>(InstallerFixture("symbian9_nested.sis", 0), &problem);
  ASSERT_EQ(all.size(), 5u);
  ExpectFile(all[1], "a.txt", 900);
  EXPECT_EQ(all[2].name, "other.txt");
  EXPECT_EQ(all[2].content, "other\n");
  EXPECT_EQ(all[3].name, "logo.mbm");
  EXPECT_TRUE(all[3].has_content);
  ExpectFile(all[4], "b.txt", 21);
  EXPECT_EQ(problem, "");
}

TEST(Sis9ReaderTest, LengthsThatLieLoseNothing) {
  std::string problem;
  const auto all = ReadAll<Sis9Reader>(InstallerFixture("symbian9_damaged.sis", 0), &problem);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].content.size(), 900u);
  EXPECT_EQ(all[2].content, "a needle in the nest\n");
  EXPECT_EQ(problem, "damaged: a field is longer than what holds it");
}

TEST(Sis9ReaderTest, FieldsBehindTheTreeAreFound) {
  std::string problem;
  const auto all = ReadAll<Sis9Reader>(InstallerFixture("symbian9_lost.sis", 0), &problem);
  ASSERT_EQ(all.size(), 3u);
  ExpectFile(all[2], "(file 2)", 21);
  EXPECT_EQ(problem, "");
}

TEST(Sis9ReaderTest, LongLengthsAreRead) {
  const std::string inner = StoredField("text");
  const std::string data = Head() + Word(12) + Word(0x80000000 | inner.size()) + Word(0) + inner;
  std::string problem;
  auto all = ReadAll<Sis9Reader>(data, &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, "text");
  EXPECT_EQ(problem, "");
  // One of exabytes.
  all = ReadAll<Sis9Reader>(Head() + Word(12) + Word(0xFFFFFFFF) + Word(0xFFFFFFFF) + inner,
                            &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, "text");
  EXPECT_EQ(problem, "damaged: a field is longer than what holds it");
}

TEST(Sis9ReaderTest, BlobsInTheOpenAreGiven) {
  const auto all = ReadAll<Sis9Reader>(Head() + FieldOf(12, FieldOf(13, FieldOf(37, "key"))));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "(blob)");
  EXPECT_EQ(all[0].content, "key");
}

TEST(Sis9ReaderTest, GapsAreSaid) {
  const auto first_gap = [](const std::string& content) {
    const auto all = ReadAll<Sis9Reader>(Head() + FieldOf(32, content));
    return all.empty() ? "" : all[0].gap;
  };
  EXPECT_EQ(first_gap(FieldOf(3, Word(7) + Word(4) + Word(0) + "data")),
            "unsupported: compression 7");
  EXPECT_EQ(first_gap(FieldOf(3, Word(0) + Word(5) + Word(0) + "data")),
            "damaged: the size is not the declared one");
  EXPECT_EQ(first_gap(FieldOf(3, Word(0))), "damaged: the data ends too early");
  // An empty block of deflate without zlib's two bytes.
  EXPECT_EQ(first_gap(FieldOf(3, Word(1) + Word(0) + Word(0) + "ab\3" + std::string(1, '\0'))),
            "damaged: the data is no zlib stream");
  const std::string cut = Head() + FieldOf(32, StoredField("some text"));
  EXPECT_EQ(ReadAll<Sis9Reader>(cut.substr(0, cut.size() - 8)).at(0).gap,
            "damaged: the data ends too early");
}

TEST(Sis9ReaderTest, DamagedTreesAreSaid) {
  const auto problem_of = [](const std::string& fields) {
    std::string problem;
    (void)ReadAll<Sis9Reader>(Head() + fields, &problem);
    return problem;
  };
  EXPECT_EQ(problem_of(Word(99) + Word(0)), "damaged: no field where one should be");
  EXPECT_EQ(problem_of(FieldOf(12, Word(99) + Word(0))), "damaged: no field where one should be");
  EXPECT_EQ(problem_of(FieldOf(2, Word(99))), "damaged: an array of no type");
  std::string deep;
  for (int i = 0; i < 40; ++i) {
    deep = FieldOf(12, deep);
  }
  EXPECT_EQ(problem_of(deep), "damaged: fields are nested too deeply");
}

TEST(Sis9ReaderTest, WhatAnUnknownFieldHidesIsFound) {
  const auto all = ReadAll<Sis9Reader>(
      Head() + FieldOf(12, FieldOf(41, "xyz" + StoredField("inner")) + StoredField("outer")));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].content, "outer");
  EXPECT_EQ(all[1].content, "inner");
}

TEST(Sis9ReaderTest, OlderFilesOfTheSameFirstUidAreNotTaken) {
  const std::string uids = Word(0x10201A7A) + Word(0) + Word(0x10000419) + Word(0);
  EXPECT_FALSE(Sis9Reader::IsSis9(base::AsBytes(uids + Word(0x00011234))));
  const std::string with_contents = uids + FieldOf(12, StoredField("text"));
  EXPECT_TRUE(Sis9Reader::IsSis9(base::AsBytes(with_contents)));
}

TEST(Sis9ReaderTest, ZlibStreamsAreReadWhateverTheMethodSays) {
  std::string data = InstallerFixture("symbian9.sis", 0);
  const std::size_t method = data.rfind(Word(1) + Word(21));
  ASSERT_NE(method, std::string::npos);
  data[method] = 9;
  const auto all = ReadAll<Sis9Reader>(data);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].content, "a needle in the nest\n");
  EXPECT_EQ(all[2].gap, "unsupported: compression 9");
}

TEST(Sis9ReaderTest, AllDamageEnds) {
  for (const char* name : {"symbian9.sis", "symbian9_nested.sis", "symbian9_lost.sis"}) {
    ExpectAllDamageEnds<Sis9Reader>(InstallerFixture(name, 0), 4, Sis9Reader::IsSis9);
  }
}

}  // namespace
}  // namespace day::unpack::sis
