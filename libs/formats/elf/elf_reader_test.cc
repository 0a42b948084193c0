#include "libs/formats/elf/elf_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "libs/formats/elf/testing/elf_builder.h"

namespace day::formats::elf {
namespace {

using Class = ElfBuilder::Class;

class ElfReaderEachKind : public ::testing::TestWithParam<std::tuple<Class, base::Endian>> {
 protected:
  ElfBuilder Builder() const { return {std::get<0>(GetParam()), std::get<1>(GetParam())}; }
};

INSTANTIATE_TEST_SUITE_P(Kinds, ElfReaderEachKind,
                         ::testing::Combine(::testing::Values(Class::k32, Class::k64),
                                            ::testing::Values(base::Endian::kLittle,
                                                              base::Endian::kBig)));

TEST_P(ElfReaderEachKind, ReadsSectionsSegmentsAndSymbols) {
  ElfBuilder builder = Builder();
  builder.entry = 0x1002;
  builder.AddSection(
      {.name = ".text", .type = 1, .flags = 6, .address = 0x1000, .content = "code"});
  builder.AddSymbols(2, {{.name = "one", .value = 7, .size = 9, .info = 0x12, .section_index = 1},
                         {.name = "two", .info = 0x21, .other = 2}});
  builder.AddSegment({.type = 1, .flags = 5, .virtual_address = 0x1000, .memory_size = 16});
  const std::string file = builder.Build();
  const auto elf = ElfReader::Parse(base::AsBytes(file));
  ASSERT_TRUE(elf);
  EXPECT_EQ(elf->header().machine, 62);
  ASSERT_EQ(elf->section_count(), 5U);
  EXPECT_EQ(elf->section_name(0), "");
  EXPECT_EQ(elf->section_name(1), ".text");
  EXPECT_EQ(elf->section(1).flags, 6U);
  EXPECT_EQ(elf->section(1).size, 4U);
  EXPECT_EQ(elf->entry_point(), elf->section(1).offset + 2);
  ASSERT_EQ(elf->segment_count(), 1U);
  EXPECT_EQ(elf->segment(0).flags, 5U);
  EXPECT_EQ(elf->segment(0).physical_address, 0x1001U);
  EXPECT_EQ(elf->segment(0).alignment, 16U);
  ASSERT_TRUE(elf->symtab());
  EXPECT_FALSE(elf->dynsym());
  ASSERT_EQ(elf->symtab()->count, 2U);
  const Symbol one = elf->symbol(*elf->symtab(), 0);
  EXPECT_EQ(one.name, "one");
  EXPECT_EQ(one.value, 7U);
  EXPECT_EQ(one.size, 9U);
  EXPECT_EQ(one.type, 2);
  EXPECT_EQ(one.bind, 1);
  EXPECT_EQ(one.section_index, 1);
  EXPECT_EQ(elf->symbol(*elf->symtab(), 1).visibility, 2);
}

TEST_P(ElfReaderEachKind, MapsAnExecutablesEntryThroughSegments) {
  ElfBuilder builder = Builder();
  builder.type = kTypeExecutable;
  builder.entry = 0x2003;
  builder.AddSegment({.type = 1, .virtual_address = 0x1000, .memory_size = 0x10, .content = "aa"});
  builder.AddSegment({.type = 1, .virtual_address = 0x2000, .memory_size = 0x10, .content = "bb"});
  const std::string file = builder.Build();
  const auto elf = ElfReader::Parse(base::AsBytes(file));
  ASSERT_TRUE(elf);
  EXPECT_EQ(elf->entry_point(), elf->segment(1).offset + 3);
}

TEST_P(ElfReaderEachKind, LaterDynamicTablesCoverEarlierOnes) {
  ElfBuilder builder = Builder();
  builder.AddSegment({.type = kSegmentDynamic,
                      .content = builder.DynamicTable({{1, 10}, {2, 20}, {3, 30}, {0, 0}})});
  builder.AddSegment({.type = kSegmentDynamic, .content = builder.DynamicTable({{9, 90}, {0, 5}})});
  const std::string file = builder.Build();
  const auto elf = ElfReader::Parse(base::AsBytes(file));
  ASSERT_TRUE(elf);
  EXPECT_EQ(elf->dynamic_entries(), 2U);
  ASSERT_EQ(elf->dynamic_count(), 4U);
  EXPECT_EQ(elf->dynamic(0).type, 9U);
  EXPECT_EQ(elf->dynamic(1).value, 5U);
  EXPECT_EQ(elf->dynamic(2).type, 3U);
  EXPECT_EQ(elf->dynamic(2).value, 30U);
}

TEST_P(ElfReaderEachKind, EveryTruncationIsReadSafely) {
  ElfBuilder builder = Builder();
  builder.AddSymbols(11, {{.name = "name"}});
  builder.AddSegment({.type = kSegmentDynamic, .content = builder.DynamicTable({{1, 1}})});
  const std::string file = builder.Build();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto elf = ElfReader::Parse(base::AsBytes(std::string_view(file).substr(0, size)));
    if (elf) {
      EXPECT_EQ(elf->segment_count(), 0U) << "the segment table stands last";
    }
  }
  EXPECT_TRUE(ElfReader::Parse(base::AsBytes(file))->dynsym());
}

TEST(ElfReader, RefusesWhatIsNotElf) {
  const std::string zeros(100, '\0');
  EXPECT_FALSE(ElfReader::Parse(base::AsBytes(zeros)));
  std::string file = ElfBuilder(Class::k64, base::Endian::kLittle).Build();
  EXPECT_TRUE(ElfReader::Parse(base::AsBytes(file)));
  file[4] = 3;
  EXPECT_FALSE(ElfReader::Parse(base::AsBytes(file)));
  EXPECT_FALSE(ElfReader::Parse({}));
}

TEST(ElfReader, ManyDynamicSegmentsOverALongTableStayBounded) {
  // 65,534 segments that each name one table without an end: quadratic for a naive reader.
  constexpr std::size_t kTableBytes = 1 << 20;
  ElfBuilder builder(Class::k64, base::Endian::kLittle);
  builder.AddSegment({.type = kSegmentDynamic, .content = std::string(kTableBytes, '\x01')});
  for (int i = 0; i < 65533; ++i) {
    builder.AddSegment({.type = kSegmentDynamic});
  }
  std::string file = builder.Build();
  // Point every segment at the first one's table.
  const auto first = ElfReader::Parse(base::AsBytes(file));
  ASSERT_TRUE(first);
  const std::uint64_t table = first->header().segment_offset;
  for (std::uint64_t i = 0; i < 65534; ++i) {
    file[table + i * 56 + 8] = 64;
    for (std::uint64_t k = 9; k < 16; ++k) {
      file[table + i * 56 + k] = 0;
    }
  }
  EXPECT_TRUE(ElfReader::Parse(base::AsBytes(file)));
}

TEST(StringTableEntry, FollowsYarasRules) {
  const std::string_view good("\0ab\0cd", 6);
  EXPECT_EQ(StringTableEntry(base::AsBytes(good), 0), "");
  EXPECT_EQ(StringTableEntry(base::AsBytes(good), 1), "ab");
  EXPECT_EQ(StringTableEntry(base::AsBytes(good), 2), "b");
  EXPECT_EQ(StringTableEntry(base::AsBytes(good), 4), std::nullopt) << "no zero byte at its end";
  EXPECT_EQ(StringTableEntry(base::AsBytes(good), 6), std::nullopt);
  EXPECT_EQ(StringTableEntry(base::AsBytes(good), 0xFFFFFFFF), std::nullopt);
  EXPECT_EQ(StringTableEntry(base::AsBytes("xab"), 1), std::nullopt) << "must start with zero";
  EXPECT_EQ(StringTableEntry({}, 0), std::nullopt);
}

}  // namespace
}  // namespace day::formats::elf
