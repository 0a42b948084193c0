#include "libs/unpack/rtf/rtf_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace day::unpack::rtf {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string Bytes32(std::uint64_t value) {
  std::string out;
  for (int i = 0; i < 4; ++i, value >>= 8) {
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

std::string Counted(const std::string& text) { return Bytes32(text.size() + 1) + text + '\0'; }

// An OLE 1 object of class Package with a file in it.
std::string PackageObject(const std::string& name, const std::string& content) {
  std::string native("\2\0", 2);
  native += name + '\0' + "C:\\" + name + '\0' + std::string("\0\0\3\0", 4) + Counted("C:\\tmp");
  native += Bytes32(content.size()) + content;
  return Bytes32(0x501) + Bytes32(2) + Counted("Package") + Bytes32(0) + Bytes32(0) +
         Bytes32(native.size()) + native;
}

std::string Hex(const std::string& bytes) { return base::ToHex(base::AsBytes(bytes)); }

std::multimap<std::string, std::string> WalkAll(const std::string& file,
                                                std::string* problem = nullptr) {
  std::multimap<std::string, std::string> parts;
  RtfReader reader(base::AsBytes(file));
  base::Budget budget{base::BudgetLimits{}};
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    parts.emplace(part->name, std::string(base::AsText(part->content)) +
                                  (part->gap.empty() ? "" : " [" + part->gap + "]"));
  }
  if (problem != nullptr) {
    *problem = std::string(reader.problem());
  }
  return parts;
}

TEST(RtfReaderTest, ObjectsHoldFiles) {
  const std::string object = PackageObject("a.exe", "the file");
  const auto parts = WalkAll("{\\rtf1 text{\\object\\objemb{\\*\\objdata " + Hex(object) + "}}}");
  EXPECT_THAT(parts, ElementsAre(Pair("(text)", "text"), Pair("object 1", object),
                                 Pair("object 1//a.exe", "the file")));
}

TEST(RtfReaderTest, WordsOfObjectsHaveAnyCase) {
  const std::string hex = Hex(PackageObject("a.exe", "the file"));
  EXPECT_THAT(WalkAll("{\\rtf1{\\object{\\*\\objData " + hex + "}}}"),
              Contains(Pair("object 1//a.exe", "the file")));
  EXPECT_THAT(WalkAll("{\\rtf1{\\object{\\*\\objdat " + hex + "}}}"),
              testing::Not(Contains(Pair("object 1//a.exe", "the file"))));
}

TEST(RtfReaderTest, WhatStandsAmidTheDigitsHidesNothing) {
  const std::string hex = Hex(PackageObject("a.exe", "the file"));
  const std::string start = hex.substr(0, 41);
  const std::string rest = hex.substr(41);
  const auto spaced = [&hex](const std::string& between) {
    std::string out;
    for (const char c : hex) {
      out += c + between;
    }
    return out;
  };
  const std::string ways[] = {
      spaced("\r\n"),
      spaced("\\par "),
      spaced("{}"),
      spaced("{\\*\\ignored}"),
      start + "{\\*\\ignored 0123456789}" + rest,
      start + "{\\inner 0123456789abcdef}" + rest,
      "{\\inner{\\inner{" + hex + "}}}",
      start + "\\'aa" + rest,
      start + "\\mmath12345 " + rest,
      start + "{\\a{\\b{\\c}}}" + rest,
      "\\bin" + std::to_string(hex.size() / 2) + " " + PackageObject("a.exe", "the file"),
      "01{\\object{\\objdata " + hex + "}}",
  };
  for (const std::string& way : ways) {
    const auto parts = WalkAll("{\\rtf1{\\object{\\*\\objdata " + way + "}}}");
    bool found = false;
    for (const auto& [name, content] : parts) {
      found |= name.ends_with("//a.exe") && content == "the file";
    }
    EXPECT_TRUE(found) << way.substr(0, 100);
  }
}

TEST(RtfReaderTest, AnObjectWithoutItsGroupsEndIsRead) {
  const auto parts = WalkAll("{\\rtf1{\\objdata " + Hex(PackageObject("a.exe", "the file")));
  EXPECT_THAT(parts, Contains(Pair("object 1//a.exe", "the file")));
}

TEST(RtfReaderTest, CompoundFilesAreFoundBehindABrokenHeader) {
  const std::string compound = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on";
  const auto parts = WalkAll("{\\rt{\\objdata " + Hex("nonsense" + compound) + "}}");
  EXPECT_THAT(parts, Contains(Pair("object 1//(native data)", compound)));
}

TEST(RtfReaderTest, CutObjectsAreGaps) {
  std::string object = PackageObject("a.exe", "the whole file");
  object.resize(object.size() - 5);
  EXPECT_THAT(
      WalkAll("{\\rtf1{\\objdata " + Hex(object) + "}}"),
      Contains(Pair("object 1//a.exe", HasSubstr("the whole [damaged: the object is cut]"))));
}

TEST(RtfReaderTest, PicturesAndOtherDataAreGiven) {
  const auto parts = WalkAll("{\\rtf1{\\pict{\\*\\blipuid 0011}\\pngblip " + Hex("picture") +
                             "}{\\*\\datastore " + Hex("store") + "}}");
  EXPECT_THAT(parts, ElementsAre(Pair("data 1", "store"), Pair("picture 1", "picture")));
}

TEST(RtfReaderTest, TextShowsHiddenLinks) {
  const auto parts = WalkAll("{\\rtf1{\\*\\template h\\'74tp://\\u101 ?vil/a.dot}\\{x\\}} behind");
  EXPECT_THAT(parts, Contains(Pair("(text)", HasSubstr("http://evil/a.dot{x}"))));
  EXPECT_THAT(parts, Contains(Pair("(trailing data)", " behind")));
}

TEST(RtfReaderTest, DepthAndRepetitionEnd) {
  std::string deep = "{\\rtf1{\\objdata ";
  for (int i = 0; i < 1'000'000; ++i) {
    deep += "{41";
  }
  EXPECT_THAT(WalkAll(deep), Contains(Pair("object 1", std::string(1'000'000, 'A'))));

  std::string many = "{\\rtf1";
  for (int i = 0; i < 100'000; ++i) {
    many += "{\\objdata 41";
  }
  std::string problem;
  WalkAll(many, &problem);
  EXPECT_EQ(problem, "limit rtf_rescans_max");
}

}  // namespace
}  // namespace day::unpack::rtf
