#include "libs/unpack/rar/rar5_reader.h"

#include <gtest/gtest.h>

#include "libs/base/testing/fixture.h"
#include "libs/unpack/parts/testing/drain.h"
#include "libs/unpack/parts/testing/installers.h"

namespace day::unpack::rar {
namespace {

using parts::testing::ExpectAllDamageEnds;
using parts::testing::ExpectFile;
using parts::testing::ReadAll;

std::string Fixture(const std::string& name) { return base::ReadFixture("packages/" + name); }

TEST(Rar5ReaderTest, ReadsStoredAndPackedFiles) {
  for (const char* name : {"stored5.rar", "rar50.rar", "rar70.rar"}) {
    SCOPED_TRACE(name);
    const std::string file = Fixture(name);
    ASSERT_TRUE(Rar5Reader::IsRar5(base::AsBytes(file)));
    std::string problem;
    const auto all = ReadAll<Rar5Reader>(file, &problem);
    ASSERT_GE(all.size(), 2u);
    ExpectFile(all[0], "dir/a.txt", 900);
    ExpectFile(all[1], "b.txt", 21);
    EXPECT_EQ(problem, "");
    if (all.size() > 2) {
      EXPECT_EQ(all[2].gap, "") << "far matches";
    }
  }
}

TEST(Rar5ReaderTest, SolidFilesGoOnWithWhatCameBefore) {
  const auto all = ReadAll<Rar5Reader>(Fixture("rar50_solid.rar"));
  ASSERT_EQ(all.size(), 3u);
  ExpectFile(all[1], "again.txt", 900);
  ExpectFile(all[2], "b.txt", 21);
  const auto lost = ReadAll<Rar5Reader>(Fixture("rar50_lost.rar"));
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].gap, "encrypted");
  EXPECT_EQ(lost[1].gap, "unsupported: a file before it in the solid archive is missing");
}

TEST(Rar5ReaderTest, UndoesFilters) {
  const auto all = ReadAll<Rar5Reader>(Fixture("rar50_filters.rar"));
  ASSERT_EQ(all.size(), 4u);
  for (const auto& member : all) {
    EXPECT_EQ(member.gap, "") << member.name;  // the checksum tells
  }
  ExpectFile(all[0], "dir/a.txt", 900);
}

TEST(Rar5ReaderTest, OpensWhatItsPasswordsFit) {
  for (const char* name : {"rar50_encrypted.rar", "rar50_hidden.rar"}) {
    SCOPED_TRACE(name);
    std::string problem;
    const auto all = ReadAll<Rar5Reader>(Fixture(name), &problem);
    ASSERT_EQ(all.size(), 2u);
    ExpectFile(all[0], "dir/a.txt", 900);
    ExpectFile(all[1], "b.txt", 21);
    EXPECT_EQ(problem, "");
  }
  std::string problem;
  EXPECT_EQ(ReadAll<Rar5Reader>(Fixture("rar50_unknown.rar")).at(1).gap, "encrypted");
  EXPECT_TRUE(ReadAll<Rar5Reader>(Fixture("rar50_hidden_unknown.rar"), &problem).empty());
  EXPECT_EQ(problem, "encrypted");
  EXPECT_EQ(ReadAll<Rar5Reader>(Fixture("encrypted5.rar")).at(0).gap, "encrypted");
  const std::vector<std::string> passwords = {"no", "correct horse"};
  for (const char* name : {"rar50_unknown.rar", "rar50_hidden_unknown.rar"}) {
    const std::string file = Fixture(name);
    Rar5Reader reader(base::AsBytes(file), passwords);
    base::Budget budget(parts::testing::SmallLimits());
    const auto all = parts::testing::Drain(reader, budget);
    ASSERT_FALSE(all.empty()) << name;
    ExpectFile(all.back(), "b.txt", 21);
  }
}

TEST(Rar5ReaderTest, PasswordsArePaid) {
  const std::string file = Fixture("rar50_encrypted.rar");
  base::BudgetLimits limits = parts::testing::SmallLimits();
  limits.password_tries_max = 7;  // one try of 2^15 rounds is eight
  base::Budget budget(limits);
  Rar5Reader reader(base::AsBytes(file));
  EXPECT_EQ(parts::testing::Drain(reader, budget).at(0).gap, "encrypted");
}

TEST(Rar5ReaderTest, VolumesAreOneArchive) {
  for (const char* name : {"rar50_volumes.rar", "rar50_volumes_hidden.rar"}) {
    SCOPED_TRACE(name);
    const std::string file = base::ReadFixture(std::string("volumes/") + name);
    const auto starts = parts::testing::StartsOf(base::AsBytes(file), "Rar!");
    ASSERT_EQ(starts.size(), 4u);
    const auto read = [&](const std::string& bytes) {
      Rar5Reader reader(base::AsBytes(bytes), {}, starts);
      base::Budget budget(parts::testing::SmallLimits());
      auto all = parts::testing::Drain(reader, budget);
      EXPECT_EQ(reader.problem(), "");
      return all;
    };
    const auto all = read(file);
    ASSERT_EQ(all.size(), 2u);
    ExpectFile(all[0], "dir/a.txt", 900);
    ExpectFile(all[1], "b.txt", 21);
    // Without the last one.
    const auto fewer = read(file.substr(0, starts[3]));
    ASSERT_EQ(fewer.size(), 2u);
    ExpectFile(fewer[0], "dir/a.txt", 900);
    EXPECT_EQ(fewer[1].gap, "unsupported: goes on in another volume");
  }
}

TEST(Rar5ReaderTest, WhatIsMissingIsSaid) {
  const auto parts = ReadAll<Rar5Reader>(Fixture("rar50_parts.rar"));
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].gap, "unsupported: goes on in another volume");
  EXPECT_EQ(parts[0].content.size(), 900u);
  EXPECT_EQ(parts[1].gap, "unsupported: begins in another volume");
  EXPECT_EQ(parts[1].content, "in the nest\n");
  EXPECT_EQ(parts[2].gap, "unsupported: begins in another volume");
  std::string problem;
  const auto damaged = ReadAll<Rar5Reader>(Fixture("rar50_damaged.rar"), &problem);
  ASSERT_EQ(damaged.size(), 1u);
  ExpectFile(damaged[0], "b.txt", 21);
  EXPECT_EQ(problem, "damaged: no header where one should be");
  const auto cut = ReadAll<Rar5Reader>(Fixture("rar50_truncated.rar"), &problem);
  EXPECT_EQ(cut.at(0).gap, "damaged: the data ends too early");
  EXPECT_EQ(problem, "damaged: the archive ends without its end mark");
  const auto comment = ReadAll<Rar5Reader>(Fixture("rar50_comment.rar"));
  ASSERT_EQ(comment.size(), 2u);
  ExpectFile(comment[0], "(CMT)", 21);
}

TEST(Rar5ReaderTest, AllDamageEnds) {
  for (const char* name : {"rar50_filters.rar", "stored5.rar"}) {
    ExpectAllDamageEnds<Rar5Reader>(Fixture(name), 8, Rar5Reader::IsRar5);
  }
}

TEST(Rar5DecoderTest, AllDamageEnds) {
  const std::string file = Fixture("rar50.rar");
  const std::size_t begin = file.find("dir/a.txt") + 9;
  for (std::size_t i = 0; i < 400; ++i) {
    std::string packed = file.substr(begin, 400);
    packed[i] = static_cast<char>(~packed[i]);
    base::Budget budget(parts::testing::SmallLimits());
    inflate::OutputBuffer buffer;
    parts::Sink sink(packed.size(), budget, buffer);
    Rar5Decoder decoder(1 << 20, false);
    decoder.Decode(base::AsBytes(packed), 900, false, budget, sink);
    EXPECT_LE(sink.produced(), 900u);
  }
}

}  // namespace
}  // namespace day::unpack::rar
