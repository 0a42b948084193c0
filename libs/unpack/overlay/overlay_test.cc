// Programs with something behind them, put together here.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "libs/formats/elf/testing/elf_builder.h"
#include "libs/unpack/overlay/overlay_reader.h"

namespace day::unpack::overlay {
namespace {

using base::Endian;
using formats::elf::ElfBuilder;
using std::string_view_literals::operator""sv;

void Put(std::string& to, std::uint64_t value, std::size_t size, Endian endian = Endian::kLittle) {
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t shift = endian == Endian::kLittle ? i : size - 1 - i;
    to += static_cast<char>(value >> (8 * shift) & 0xFF);
  }
}

TEST(Overlay, BehindElf) {
  for (const auto file_class : {ElfBuilder::Class::k32, ElfBuilder::Class::k64}) {
    for (const Endian endian : {Endian::kLittle, Endian::kBig}) {
      ElfBuilder builder(file_class, endian);
      builder.AddSection({.name = ".text", .type = 1, .address = 0x1000, .content = "code"});
      builder.AddSection({.name = ".bss", .type = 8, .content = ""});
      builder.AddSegment({.type = 1, .content = "segment"});
      const std::string file = builder.Build();
      EXPECT_EQ(OverlayOffset(base::AsBytes(file)), std::nullopt);
      EXPECT_EQ(OverlayOffset(base::AsBytes(file + "behind")), file.size());
    }
  }
}

TEST(Overlay, BehindElfWithoutSections) {
  ElfBuilder builder(ElfBuilder::Class::k64, Endian::kLittle);
  builder.AddSegment({.type = 1, .content = "segment"});
  std::string file = builder.Build();
  const std::size_t end = *base::ReadAt<std::uint64_t>(base::AsBytes(file), 0x20) + 56;
  // No section table, as some packers leave it.
  file.replace(0x28, 8, std::string(8, '\0'));
  file.replace(0x3C, 2, std::string(2, '\0'));
  file.resize(end);
  EXPECT_EQ(OverlayOffset(base::AsBytes(file)), std::nullopt);
  EXPECT_EQ(OverlayOffset(base::AsBytes(file + "behind")), end);
}

TEST(Overlay, ALyingSectionHidesNothing) {
  ElfBuilder builder(ElfBuilder::Class::k64, Endian::kLittle);
  builder.AddSection({.name = ".text", .type = 1, .content = "code"});
  std::string file = builder.Build();
  const std::size_t text_header = *base::ReadAt<std::uint64_t>(base::AsBytes(file), 0x28) + 64;
  file.replace(text_header + 32, 8, std::string(7, '\xFF') + '\x7F');  // sh_size
  EXPECT_EQ(OverlayOffset(base::AsBytes(file + "behind")), file.size());
}

std::string MakeMacho(std::string_view content) {
  std::string file;
  for (const std::uint32_t word : {0xFEED'FACFu, 0x0100'0007u, 3u, 2u, 1u, 72u, 0u, 0u}) {
    Put(file, word, 4);
  }
  Put(file, 0x19, 4);  // LC_SEGMENT_64
  Put(file, 72, 4);
  file += "__LINKEDIT";
  file.append(6, '\0');
  for (const std::uint64_t word : {0x1000u, 0x1000u, 104u, unsigned(content.size())}) {
    Put(file, word, 8);
  }
  file.append(16, '\0');
  return file + std::string(content);
}

TEST(Overlay, BehindMacho) {
  const std::string file = MakeMacho("segment");
  EXPECT_EQ(OverlayOffset(base::AsBytes(file)), std::nullopt);
  EXPECT_EQ(OverlayOffset(base::AsBytes(file + "behind")), file.size());
}

TEST(Overlay, BehindDex) {
  std::string file = "dex\n035" + std::string(105, '\0');
  file[32] = 112;
  EXPECT_EQ(OverlayOffset(base::AsBytes(file)), std::nullopt);
  EXPECT_EQ(OverlayOffset(base::AsBytes(file + "behind")), 112u);
  file[32] = 0;
  EXPECT_EQ(OverlayOffset(base::AsBytes(file + "behind")), std::nullopt);
}

TEST(Overlay, NothingElseHasOne) {
  for (const std::string_view file : {""sv, "\x7F"sv,
                                      "\x7F"
                                      "ELF"sv,
                                      "dex\n"sv, "text"sv, "\xCA\xFE\xBA\xBE\0\0\0\x02"sv}) {
    EXPECT_EQ(OverlayOffset(base::AsBytes(file)), std::nullopt);
  }
}

struct SliceSpec {
  std::uint32_t cputype;
  std::uint32_t cpusubtype;
  std::string content;
};

std::string MakeUniversal(const std::vector<SliceSpec>& slices, bool is_64) {
  std::string file;
  Put(file, is_64 ? 0xCAFE'BABFu : 0xCAFE'BABEu, 4, Endian::kBig);
  Put(file, slices.size(), 4, Endian::kBig);
  std::uint64_t offset = 8 + slices.size() * (is_64 ? 32 : 20);
  const std::size_t word = is_64 ? 8 : 4;
  for (const SliceSpec& slice : slices) {
    Put(file, slice.cputype, 4, Endian::kBig);
    Put(file, slice.cpusubtype, 4, Endian::kBig);
    Put(file, offset, word, Endian::kBig);
    Put(file, slice.content.size(), word, Endian::kBig);
    Put(file, 0, word, Endian::kBig);  // align, reserved
    offset += slice.content.size();
  }
  for (const SliceSpec& slice : slices) {
    file += slice.content;
  }
  return file;
}

TEST(Overlay, BehindUniversal) {
  for (const bool is_64 : {false, true}) {
    const std::string file =
        MakeUniversal({{0x0100'0007, 3, "intel"}, {0x0100'000C, 0, "apple"}}, is_64);
    EXPECT_EQ(OverlayOffset(base::AsBytes(file)), std::nullopt);
    EXPECT_EQ(OverlayOffset(base::AsBytes(file + "behind")), file.size());
  }
}

}  // namespace
}  // namespace day::unpack::overlay
