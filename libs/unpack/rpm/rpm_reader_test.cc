#include "libs/unpack/rpm/rpm_reader.h"

#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::rpm {
namespace {

std::string U32(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xFF);
  }
  return out;
}

std::string Header(const std::string& index, const std::string& store) {
  return "\x8E\xAD\xE8\x01" + U32(0) + U32(static_cast<std::uint32_t>(index.size() / 16)) +
         U32(static_cast<std::uint32_t>(store.size())) + index + store;
}

std::string Package(const std::string& payload) {
  std::string lead = "\xED\xAB\xEE\xDB\x03";
  lead.resize(96, '\0');
  std::string out = lead + Header(U32(1000) + U32(4) + U32(0) + U32(1), "abc");
  out.resize((out.size() + 7) / 8 * 8, '\0');
  const std::string store("cpio\0xz\0x", 9);
  return out +
         Header(U32(1124) + U32(6) + U32(0) + U32(1) + U32(1125) + U32(6) + U32(5) + U32(1),
                store) +
         payload;
}

TEST(RpmReaderTest, GivesThePayloadWithItsEnding) {
  const std::string file = Package("the payload");
  ASSERT_TRUE(RpmReader::IsRpm(base::AsBytes(file)));
  RpmReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "payload.cpio.xz");
  EXPECT_EQ(all[0].content, "the payload");
  EXPECT_EQ(reader.problem(), "");
}

TEST(RpmReaderTest, DamagedHeadersGiveTheRest) {
  std::string file = Package("the payload");
  file[96] = 'x';
  RpmReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  const auto all = parts::testing::Drain(reader, budget);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_TRUE(all[0].content.ends_with("the payload"));
  EXPECT_EQ(reader.problem(), "damaged: no signature header");
}

TEST(RpmReaderTest, EveryTruncationEnds) {
  const std::string file = Package("the payload");
  for (std::size_t size = 96; size < file.size(); ++size) {
    const std::string cut = file.substr(0, size);
    RpmReader reader(base::AsBytes(cut));
    base::Budget budget{base::BudgetLimits{}};
    EXPECT_EQ(parts::testing::Drain(reader, budget).size(), 1u);
  }
}

}  // namespace
}  // namespace day::unpack::rpm
