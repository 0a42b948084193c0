#include "libs/unpack/ar/ar_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "libs/unpack/parts/testing/drain.h"

namespace day::unpack::ar {
namespace {

using parts::testing::Drained;

std::string MemberOf(std::string_view name, std::string_view data) {
  return fmt::format("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n{}{}", name, 0, 0, 0, "100644",
                     data.size(), data, data.size() % 2 == 1 ? "\n" : "");
}

std::vector<Drained> Read(const std::string& file, std::string* problem = nullptr) {
  ArReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  auto all = parts::testing::Drain(reader, budget);
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return all;
}

TEST(ArReaderTest, ReadsEveryKindOfName) {
  const std::string file = "!<arch>\n" + MemberOf("/", "symbols") +
                           MemberOf("//", "a_name_that_is_long.o/\nanother_long_name.o/\n") +
                           MemberOf("short.o/", "odd") + MemberOf("/23", "long") +
                           MemberOf("#1/12", std::string("bsd name.o\0\0data", 16)) +
                           MemberOf("debian-binary", "2.0\n");
  ASSERT_TRUE(ArReader::IsAr(base::AsBytes(file)));
  std::string problem;
  const auto all = Read(file, &problem);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].name, "short.o");
  EXPECT_EQ(all[0].content, "odd");
  EXPECT_EQ(all[1].name, "another_long_name.o");
  EXPECT_EQ(all[1].content, "long");
  EXPECT_EQ(all[2].name, "bsd name.o");
  EXPECT_EQ(all[2].content, "data");
  EXPECT_EQ(all[3].name, "debian-binary");
  EXPECT_EQ(problem, "");
}

TEST(ArReaderTest, CutDataIsAGap) {
  const std::string file = "!<arch>\n" + MemberOf("a/", "some data");
  const auto all = Read(file.substr(0, file.size() - 4));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].content, "some d");
  EXPECT_EQ(all[0].gap, "damaged: the data ends too early");
}

TEST(ArReaderTest, WhatFollowsDamageIsGiven) {
  std::string problem;
  const auto all = Read("!<arch>\n" + MemberOf("a/", "x") + "something else", &problem);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].name, "(trailing data)");
  EXPECT_EQ(all[1].content, "something else");
  EXPECT_EQ(problem, "damaged: no header where one should be");
}

TEST(ArReaderTest, EveryTruncationEnds) {
  const std::string file = "!<arch>\n" + MemberOf("//", "long/\n") + MemberOf("/0", "x") +
                           MemberOf("#1/99", "short") + MemberOf("/7777", "y");
  for (std::size_t size = 8; size <= file.size(); ++size) {
    Read(file.substr(0, size));
  }
}

}  // namespace
}  // namespace day::unpack::ar
