// Programs with files inside, put together here.
#include "libs/unpack/embedded/embedded_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::embedded {
namespace {

void Put(std::string& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes[offset + i] = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

// A PE file of one section of `raw` bytes at 0x200.
std::string MakePe(std::size_t raw) {
  std::string pe(0x200 + raw, '\0');
  pe.replace(0, 2, "MZ");
  Put(pe, 0x3C, 0x40, 4);
  pe.replace(0x40, 2, "PE");
  Put(pe, 0x48, raw, 4);  // programs of several sizes have several times
  Put(pe, 0x44, 0x14C, 2);
  Put(pe, 0x46, 1, 2);
  Put(pe, 0x54, 224, 2);
  Put(pe, 0x58, 0x10B, 2);
  Put(pe, 0x58 + 60, 0x200, 4);
  Put(pe, 0x58 + 92, 16, 4);
  const std::size_t section = 0x58 + 224;
  Put(pe, section + 8, raw, 4);
  Put(pe, section + 12, 0x1000, 4);
  Put(pe, section + 16, raw, 4);
  Put(pe, section + 20, 0x200, 4);
  return pe;
}

std::vector<Found> All(const std::string& file, Wanted wanted = {}) {
  EmbeddedReader reader(base::AsBytes(file), wanted);
  std::vector<Found> all;
  while (auto found = reader.Next()) {
    all.push_back(*std::move(found));
  }
  return all;
}

TEST(Embedded, NothingInAnOrdinaryProgram) {
  std::string file = MakePe(0x400);
  file.replace(0x300, 4, "PK\x03\x04");
  file.replace(0x340, 6, "Rar!\x1A\x07");
  file.replace(0x380, 4, "MSCF");
  file.replace(0x3C0, 4, std::string("PE\0\0", 4));
  EXPECT_TRUE(All(file).empty());
  EXPECT_TRUE(All("no program").empty());
  EXPECT_TRUE(All(std::string()).empty());
}

TEST(Embedded, ProgramInASectionWithBothEnds) {
  std::string file = MakePe(0x1000);
  const std::string inner = MakePe(0x100);
  file.replace(0x1200 - inner.size() - 0x20, inner.size(), inner);
  file += "overlay";
  const auto all = All(file);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "(embedded at 0xee0)");
  EXPECT_EQ(base::AsText(all[0].content), inner);
  EXPECT_EQ(all[1].content.size(), inner.size() + 0x20);
  EXPECT_EQ(all[1].name, "(embedded at 0xee0, 800 bytes)");
  EXPECT_EQ(all[2].content.size(), inner.size() + 0x27);
}

TEST(Embedded, WhatIsInProgramsIsPassedOverWhereTheyAreNotWanted) {
  std::string cab("MSCF\0\0\0\0", 8);
  cab.append(92, '\0');
  Put(cab, 8, 100, 4);
  Put(cab, 16, 44, 4);
  Put(cab, 24, 0x0103, 2);
  std::string inner = MakePe(0x400);
  inner.replace(0x300, cab.size(), cab);
  std::string file = MakePe(0x1000);
  file.replace(0x300, inner.size(), inner);
  file.replace(0x900, cab.size(), cab);
  const auto all = All(file, {.programs = false});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "(embedded at 0x900)");
}

TEST(Embedded, TooManyAreSaid) {
  std::string file = MakePe(0x1000);
  const std::string inner = MakePe(0x10);
  for (int i = 0; i < 300; ++i) {
    file += inner;
  }
  EmbeddedReader reader(base::AsBytes(file), {});
  std::size_t count = 0;
  while (reader.Next()) {
    EXPECT_EQ(reader.problem(), "");
    ++count;
  }
  EXPECT_EQ(count, kFoundMax);
  EXPECT_EQ(reader.problem(), "limit embedded_max");
}

TEST(Embedded, TheProgramItselfIsNotInside) {
  std::string file = MakePe(0x400);
  file.replace(0x300, 0x200, file.substr(0, 0x200));
  EXPECT_TRUE(All(file).empty());
}

TEST(Embedded, BehindProgramsOfOtherFormats) {
  const std::string inner = MakePe(0x100);
  const std::string file =
      "\x7F"
      "ELF" +
      inner + "padding" + inner;
  EmbeddedReader reader(base::AsBytes(file), {}, 4 + inner.size());
  const auto found = reader.Next();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "(embedded at 0x30b)");
  EXPECT_EQ(base::AsText(found->content), inner);
  EXPECT_FALSE(reader.Next());
}

TEST(Embedded, ArchivesBehindTheProgram) {
  std::string zip("PK\x03\x04\x14\0\0\0\x08\0", 10);
  zip.append(16, '\0');
  zip.append(std::string("\x01\0\0\0a", 5));
  zip += "PK\x01\x02" + std::string(42, '\0') + "a" + "PK\x05\x06" + std::string(18, '\0');
  const std::string file = MakePe(0x200) + zip + "tail";
  const auto all = All(file);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(base::AsText(all[0].content), zip);
  EXPECT_TRUE(All(file, {.zips = false}).empty());
}

TEST(Embedded, CabinetAndRar) {
  std::string cab("MSCF\0\0\0\0", 8);
  cab.append(92, '\0');
  Put(cab, 8, 100, 4);
  Put(cab, 16, 44, 4);
  Put(cab, 24, 0x0103, 2);
  const std::string rar("Rar!\x1A\x07\0\xCF\x90\x73\0\0", 12);
  const std::string file = MakePe(0x200) + cab + rar;
  const auto all = All(file);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(base::AsText(all[0].content), cab);
  EXPECT_EQ(base::AsText(all[1].content), rar);
}

}  // namespace
}  // namespace day::unpack::embedded
