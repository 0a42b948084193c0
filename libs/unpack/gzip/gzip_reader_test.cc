#include "libs/unpack/gzip/gzip_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/base/testing/fixture.h"

namespace day::unpack::gzip {
namespace {

std::string Fixture(const std::string& name) { return base::ReadFixture("archives/" + name); }

struct Read {
  std::vector<Member> members;
  std::string text;
  std::string trailing;
};

Read ReadAll(const std::string& file, const base::BudgetLimits& limits = {}) {
  Read read;
  auto reader = GzipReader::Create(base::AsBytes(file));
  EXPECT_TRUE(reader.ok());
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (auto member = reader->Next(budget, inflater, buffer)) {
    read.members.push_back(*member);
  }
  read.text = std::string(base::AsText(buffer.bytes()));
  read.trailing = std::string(base::AsText(reader->trailing()));
  return read;
}

TEST(GzipReaderTest, ReadsOneMember) {
  const Read read = ReadAll(Fixture("plain.gz"));
  ASSERT_EQ(read.members.size(), 1u);
  EXPECT_EQ(read.members[0].gap, "");
  EXPECT_EQ(read.text, base::ArchivedText());
  EXPECT_EQ(read.trailing, "");
}

TEST(GzipReaderTest, JoinsMembers) {
  const Read read = ReadAll(Fixture("two_members.gz"));
  ASSERT_EQ(read.members.size(), 2u);
  EXPECT_EQ(read.text, "first second");
  EXPECT_EQ(read.members[1].content_offset, 6u);
  EXPECT_EQ(read.members[1].gap, "");
}

TEST(GzipReaderTest, ReadsHeaderFields) {
  const std::string file = Fixture("header.gz");
  auto reader = GzipReader::Create(base::AsBytes(file));
  ASSERT_TRUE(reader.ok());
  base::Budget budget{base::BudgetLimits{}};
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  const auto member = reader->Next(budget, inflater, buffer);
  ASSERT_TRUE(member);
  EXPECT_EQ(member->name, "report.txt");
  EXPECT_EQ(member->comment, "a comment");
  EXPECT_EQ(member->mtime, 86400u);
  EXPECT_EQ(member->gap, "");
}

TEST(GzipReaderTest, SaysWhatFollows) {
  EXPECT_EQ(ReadAll(Fixture("trailing.gz")).trailing, "what follows");
  EXPECT_EQ(ReadAll(Fixture("padded.gz")).trailing, "");
}

TEST(GzipReaderTest, DamageKeepsTheBeginning) {
  const Read truncated = ReadAll(Fixture("truncated.gz"));
  ASSERT_EQ(truncated.members.size(), 1u);
  EXPECT_EQ(truncated.members[0].gap, "damaged: the stream ends too early");
  EXPECT_GT(truncated.text.size(), 50u);
  const Read bad_sum = ReadAll(Fixture("bad_sum.gz"));
  EXPECT_EQ(bad_sum.members[0].gap, "damaged: wrong checksum");
  EXPECT_EQ(bad_sum.text, base::ArchivedText());
  const std::string plain = Fixture("plain.gz");
  EXPECT_EQ(ReadAll(plain.substr(0, plain.size() - 3)).members[0].gap,
            "damaged: the trailer ends too early");
  EXPECT_EQ(ReadAll(plain.substr(0, 5)).members[0].gap, "damaged: the header ends too early");
}

TEST(GzipReaderTest, MembersShareOneLimit) {
  std::string file;
  for (int i = 0; i < 100; ++i) {
    file += Fixture("plain.gz");
  }
  base::BudgetLimits limits;
  limits.file_bytes_max = 5000;
  const Read read = ReadAll(file, limits);
  EXPECT_EQ(read.members.back().gap, "limit file_bytes_max");
  EXPECT_LT(read.text.size(), 2 * limits.file_bytes_max);
  EXPECT_EQ(ReadAll(file).text.size(), 100 * base::ArchivedText().size());
}

TEST(GzipReaderTest, RefusesOtherFiles) {
  for (const std::string file : {"", "\x1f\x8b", "\x1f\x8b\x07xxxxxxxxxxx", "PK"}) {
    EXPECT_FALSE(GzipReader::Create(base::AsBytes(file)).ok());
  }
}

}  // namespace
}  // namespace day::unpack::gzip
