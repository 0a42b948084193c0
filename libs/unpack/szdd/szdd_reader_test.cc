#include "libs/unpack/szdd/szdd_reader.h"

#include <gtest/gtest.h>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::szdd {
namespace {

using std::string_literals::operator""s;
using parts::testing::Drained;

Drained Read(const std::string& file, std::string_view name = {}) {
  EXPECT_TRUE(SzddReader::IsSzdd(base::AsBytes(file)));
  SzddReader reader(base::AsBytes(file), name);
  base::Budget budget{base::BudgetLimits{}};
  const auto all = parts::testing::Drain(reader, budget);
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? Drained{} : all[0];
}

TEST(SzddReaderTest, ReadsMatchesAndTheName) {
  // "abc", then seven bytes from where "a" was written: 4096 - 16.
  const std::string file = "SZDD\x88\xF0\x27\x33\x41t\x0A\0\0\0\x07"s + "abc" + "\xF0\xF4";
  const Drained content = Read(file, "folder/a.tx_");
  EXPECT_EQ(content.name, "a.txt");
  EXPECT_EQ(content.content, "abcabcabca");
  EXPECT_EQ(content.gap, "");
}

TEST(SzddReaderTest, TheWindowStartsAsBlanks) {
  const std::string file = "SZDD\x88\xF0\x27\x33\x41\0\x04\0\0\0\x02"s + std::string("\0\0x", 3);
  EXPECT_EQ(Read(file, "a").content, "   x");
  EXPECT_EQ(Read(file, "a").name, "(content)");
}

TEST(SzddReaderTest, TruncationIsAGap) {
  const std::string file = "SZDD\x88\xF0\x27\x33\x41t\x20\0\0\0\xFF"s + "abc";
  const Drained content = Read(file);
  EXPECT_EQ(content.content, "abc");
  EXPECT_EQ(content.gap, "damaged: the data ends too early");
}

TEST(SzddReaderTest, WhatGoesOnBehindTheDeclaredSizeIsGivenToo) {
  const std::string file = "SZDD\x88\xF0\x27\x33\x41t\x02\0\0\0\x07"s + "abc" + "\xF0\xF4";
  SzddReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].content, "ab");
  EXPECT_EQ(all[1].name, "(beyond the declared size)");
  EXPECT_EQ(all[1].content, "abcabcabca");
  EXPECT_EQ(all[1].gap, "");
}

TEST(SzddReaderTest, ReadsKwaj) {
  const std::string start = "KWAJ\x88\xF0\x27\xD1";
  EXPECT_EQ(Read(start + "\0\0\x0E\0\0\0stored"s).content, "stored");
  EXPECT_EQ(Read(start + "\1\0\x0E\0\0\0\x9E\x9D"s).content, "ab");
  const Drained named = Read(start + "\0\0\x17\0\x18\0name\0ext\0stored"s);
  EXPECT_EQ(named.name, "name.ext");
  EXPECT_EQ(named.content, "stored");
  EXPECT_EQ(Read(start + "\2\0\x0E\0\0\0\x07"s + "abc\xEE\xF4"s).content, "abcabcabca");
  EXPECT_EQ(Read(start + "\5\0\x0E\0\0\0xxx"s).gap, "unsupported: KWAJ method 5");
}

TEST(SzddReaderTest, KwajMethodsThatNothingWrites) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "The quick brown fox jumps over the lazy dog.\n";
  }
  const std::string needle = "a needle in the nest\n";
  const auto read = [](const char* name) {
    return Read(base::ReadFixture(std::string("packages/") + name));
  };
  EXPECT_EQ(read("johnson.kwj").content, text);
  EXPECT_EQ(read("johnson.kwj").name, "a");
  EXPECT_EQ(read("johnson_needle.kwj").content, text + needle);
  EXPECT_EQ(read("johnson_unary.kwj").content, needle + needle + needle);
  EXPECT_EQ(read("mszip.kwj").content, text);
  const Drained blocks = read("mszip_blocks.kwj");
  EXPECT_EQ(blocks.gap, "");
  EXPECT_EQ(blocks.content.size(), 70000 + 2 * text.size() + needle.size());
  EXPECT_TRUE(blocks.content.ends_with(needle + text));
}

TEST(SzddReaderTest, DamagedKwajIsAGap) {
  const std::string good = base::ReadFixture("packages/johnson.kwj");
  EXPECT_EQ(Read(good.substr(0, 60)).gap, "damaged: the data ends too early");
  EXPECT_EQ(Read(good.substr(0, 21)).gap, "damaged: the data ends too early");
  std::string bad = good;
  bad[20] = '\x55';  // forms that there are not
  EXPECT_EQ(Read(bad).gap, "damaged: invalid codes");
  const std::string zip = base::ReadFixture("packages/mszip.kwj");
  EXPECT_EQ(Read(zip.substr(0, zip.size() - 9)).gap, "damaged: the stream ends too early");
  EXPECT_EQ(Read(zip.substr(0, 22)).gap, "damaged: the data ends too early");
  bad = zip;
  bad[bad.find("CK")] = 'X';
  EXPECT_EQ(Read(bad).gap, "damaged: no mark of a block");
}

TEST(SzddReaderTest, EveryTruncationEnds) {
  const std::string file = "SZDD\x88\xF0\x27\x33\x41t\x0A\0\0\0\x07"s + "abc" + "\xF0\xF4";
  for (std::size_t size = 8; size < file.size(); ++size) {
    Read(file.substr(0, size));
  }
}

}  // namespace
}  // namespace day::unpack::szdd
