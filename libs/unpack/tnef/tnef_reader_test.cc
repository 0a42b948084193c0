#include "libs/unpack/tnef/tnef_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace day::unpack::tnef {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string Little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

const std::string kStart = Little(0x223E9F78, 4) + Little(1, 2);

std::string Attribute(int level, std::uint64_t id, const std::string& data) {
  return Little(static_cast<unsigned>(level), 1) + Little(id, 4) + Little(data.size(), 4) + data +
         Little(0, 2);
}

std::string Property(std::uint64_t tag, const std::string& value) {
  std::string padded = value;
  padded.resize((value.size() + 3) / 4 * 4);
  return Little(tag, 4) + Little(1, 4) + Little(value.size(), 4) + padded;
}

std::string Utf16(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += {c, '\0'};
  }
  return out;
}

std::vector<std::string> WalkAll(const std::string& file, std::string* problem = nullptr) {
  std::vector<std::string> parts;
  TnefReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    parts.push_back(part->name + "=" + std::string(base::AsText(part->content)));
  }
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return parts;
}

TEST(TnefReaderTest, GivesAttachmentsWithTheirNames) {
  const std::string properties = Little(3, 4) + Little(0x37050003, 4) + Little(1, 4) +
                                 Little(0x8001001F, 4) + std::string(16, 'g') + Little(1, 4) +
                                 Little(4, 4) + Utf16("ab") + Little(1, 4) + Little(4, 4) +
                                 Utf16("xy") + Property(0x3707001F, Utf16("a long name.exe"));
  const std::string file =
      kStart + Attribute(1, 0x00089006, "1234") + Attribute(2, 0x00069002, "start") +
      Attribute(2, 0x0006800F, "first") + Attribute(2, 0x00018010, std::string("C:\\a.exe\0", 9)) +
      Attribute(2, 0x00069002, "start") +
      Attribute(2, 0x00018010, std::string("LONGNA~1.EXE\0", 13)) +
      Attribute(2, 0x0006800F, "second") + Attribute(2, 0x00069005, properties) +
      Attribute(2, 0x00069002, "start") + Attribute(2, 0x0006800F, "third");
  std::string problem;
  EXPECT_THAT(WalkAll(file, &problem),
              ElementsAre("a.exe=first", "a long name.exe=second", "attachment 3=third"));
  EXPECT_EQ(problem, "");
}

TEST(TnefReaderTest, GivesTextsAndObjects) {
  const std::string message =
      Little(3, 4) + Property(0x1000001F, Utf16("text")) + Property(0x10130102, "<html>") +
      Property(0x10090102, Little(17, 4) + Little(5, 4) + "MELA" + Little(0, 4) + "{\\rtf");
  const std::string object =
      Little(1, 4) + Property(0x3701000D, std::string(16, 'i') + kStart + "inner");
  EXPECT_THAT(
      WalkAll(kStart + Attribute(1, 0x00069003, message) + Attribute(2, 0x00069005, object)),
      ElementsAre("body.txt=text", "body.html=<html>", "body.rtf={\\rtf",
                  "attachment 1=" + kStart + "inner"));
}

TEST(TnefReaderTest, LyingLengthsAreReported) {
  std::string problem;
  std::string file = kStart + Attribute(2, 0x0006800F, "attached");
  file.resize(file.size() - 5);
  EXPECT_THAT(WalkAll(file, &problem), ElementsAre("attachment 1=attac"));
  EXPECT_EQ(problem, "damaged: an attribute is cut");
  EXPECT_THAT(
      WalkAll(kStart + Attribute(1, 0x00069003, Little(0xFFFFFFFF, 4) + "abcdefgh"), &problem),
      ElementsAre());
  EXPECT_NE(problem, "");
}

TEST(TnefReaderTest, ManyAttachmentsEnd) {
  std::string file = kStart;
  for (int i = 0; i < 100'000; ++i) {
    file += Attribute(2, 0x0006800F, "x");
  }
  std::string problem;
  EXPECT_THAT(WalkAll(file, &problem), SizeIs(kPartsMax));
  EXPECT_EQ(problem, "limit tnef_parts_max");
}

}  // namespace
}  // namespace day::unpack::tnef
