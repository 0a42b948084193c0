#include "libs/unpack/cpio/cpio_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::cpio {
namespace {

using parts::testing::Drained;

std::string Pad(std::string text, std::size_t align) {
  text.resize((text.size() + align - 1) / align * align, '\0');
  return text;
}

std::string Newc(std::string_view name, std::string_view data, unsigned mode = 0100644) {
  std::string out = "070701" + fmt::format("{:08X}{:08X}", 1, mode) + std::string(32, '0') +
                    fmt::format("{:08X}", data.size()) + std::string(32, '0') +
                    fmt::format("{:08X}", name.size() + 1) + std::string(8, '0');
  out += name;
  out += '\0';
  return Pad(Pad(out, 4) + std::string(data), 4);
}

std::string Odc(std::string_view name, std::string_view data) {
  std::string out = "070707" + std::string(12, '0') + "100644" + std::string(35, '0') +
                    fmt::format("{:06o}{:011o}", name.size() + 1, data.size());
  out += name;
  out += '\0';
  return out + std::string(data);
}

std::string Binary(std::string_view name, std::string_view data, base::Endian endian) {
  const std::uint16_t words[13] = {0x71C7,
                                   1,
                                   2,
                                   0100644,
                                   0,
                                   0,
                                   1,
                                   0,
                                   0,
                                   0,
                                   static_cast<std::uint16_t>(name.size() + 1),
                                   static_cast<std::uint16_t>(data.size() >> 16),
                                   static_cast<std::uint16_t>(data.size())};
  std::string out;
  for (const std::uint16_t word : words) {
    const char low = static_cast<char>(word & 0xFF);
    const char high = static_cast<char>(word >> 8);
    out += endian == base::Endian::kLittle ? std::string{low, high} : std::string{high, low};
  }
  out += name;
  out += '\0';
  return Pad(Pad(out, 2) + std::string(data), 2);
}

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr) {
  EXPECT_TRUE(CpioReader::IsCpio(base::AsBytes(file)));
  CpioReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

void ExpectTwo(const std::string& file) {
  std::string problem;
  const auto all = Read(file, &problem);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "dir/a.txt");
  EXPECT_EQ(all[0].content, "odd");
  EXPECT_EQ(all[1].name, "b.txt");
  EXPECT_EQ(all[1].content, "second");
  EXPECT_EQ(problem, "");
}

TEST(CpioReaderTest, ReadsAllForms) {
  ExpectTwo(Newc("dir", "", 040755) + Newc("dir/a.txt", "odd") + Newc("b.txt", "second") +
            Newc("TRAILER!!!", "", 0) + std::string(512, '\0'));
  ExpectTwo(Odc("dir/a.txt", "odd") + Odc("b.txt", "second") + Odc("TRAILER!!!", ""));
  for (const base::Endian endian : {base::Endian::kLittle, base::Endian::kBig}) {
    ExpectTwo(Binary("dir/a.txt", "odd", endian) + Binary("b.txt", "second", endian) +
              Binary("TRAILER!!!", "", endian) + std::string(100, '\0'));
  }
}

TEST(CpioReaderTest, ReadsAnArchiveBehindTheTrailerAndWhatFollows) {
  const std::string end = Newc("TRAILER!!!", "", 0);
  std::string problem;
  const auto all = Read(Newc("a", "first") + end + std::string(300, '\0') + Newc("b", "second") +
                            end + std::string(12, '\0') + "something else",
                        &problem);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].content, "second");
  EXPECT_EQ(all[2].name, "(trailing data)");
  EXPECT_EQ(all[2].content, "something else");
  EXPECT_EQ(problem, "");
}

TEST(CpioReaderTest, DamageIsSaid) {
  std::string problem;
  const std::string file = Newc("a", "first");
  auto all = Read(file + "XXXXsomething", &problem);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].content, "XXXXsomething");
  EXPECT_EQ(problem, "damaged: no header where one should be");
  all = Read(file.substr(0, file.size() - 5), &problem);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].gap, "damaged: the data ends too early");
  EXPECT_EQ(problem, "damaged: the archive ends without its trailer");
}

TEST(CpioReaderTest, IsNotFooledByTwoBytes) {
  const std::string noise = "\xC7\x71" + std::string(100, '\x41');
  EXPECT_FALSE(CpioReader::IsCpio(base::AsBytes(noise)));
  EXPECT_FALSE(CpioReader::IsCpio(base::AsBytes("070701")));
}

TEST(CpioReaderTest, EveryTruncationEnds) {
  const std::string file = Newc("a", "first") + Odc("b", "x") + Newc("TRAILER!!!", "", 0);
  for (std::size_t size = 120; size <= file.size(); ++size) {
    const std::string cut = file.substr(0, size);
    CpioReader reader(base::AsBytes(cut));
    base::Budget budget{base::BudgetLimits{}};
    parts::testing::Drain(reader, budget);
  }
}

}  // namespace
}  // namespace day::unpack::cpio
