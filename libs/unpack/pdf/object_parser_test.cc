#include "libs/unpack/pdf/object_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::pdf {
namespace {

using Stop = ParsedObject::Stop;

struct Parsed {
  explicit Parsed(std::string_view text, Extent extent = Extent::kOneValue,
                  std::size_t tokens_max = kTokensMax) {
    ParseObject(text, 0, extent, tokens_max, object);
  }
  Value root() const { return {object, 0}; }
  ParsedObject object;
};

TEST(ObjectParser, ReadsDictionariesWithAllKindsOfValues) {
  const Parsed parsed("<< /A 1 /B -2.5 /C (x) /D <4142> /E [1 0 R 2 /N] /F 12 3 R /G true >> rest");
  const Value root = parsed.root();
  EXPECT_EQ(root.Find("A").Integer(), 1);
  EXPECT_EQ(root.Find("B").Integer(), -2);
  EXPECT_EQ(root.Find("C").Bytes(), "x");
  EXPECT_EQ(root.Find("D").Bytes(), "AB");
  EXPECT_TRUE(root.Find("F").IsReference());
  EXPECT_EQ(root.Find("F").Integer(), 12);
  EXPECT_EQ(root.Find("G").text(), "true");
  EXPECT_FALSE(root.Find("H"));
  Value item = root.Find("E").FirstChild();
  EXPECT_TRUE(item.IsReference());
  item = item.NextSibling();
  EXPECT_EQ(item.Integer(), 2);
  item = item.NextSibling();
  EXPECT_TRUE(item.IsName("N"));
  EXPECT_FALSE(item.NextSibling());
}

TEST(ObjectParser, TheLastOfSeveralEntriesCountsAndAllAreGiven) {
  const Parsed parsed("<< /A 1 /B << /A 7 >> /A 2 >>");
  EXPECT_EQ(parsed.root().Find("A").Integer(), 2);
  EXPECT_EQ(parsed.root().FindAll("A", 5).size(), 2U);
  EXPECT_EQ(parsed.root().FindAll("A", 1).size(), 1U);
  EXPECT_EQ(parsed.root().Find("B").Find("A").Integer(), 7);
}

TEST(ObjectParser, DecodesNames) {
  const Parsed parsed("<< /J#61va#53cript /a#20b /Odd#zz# 1 >>");
  EXPECT_EQ(parsed.root().Find("JavaScript").Name(), "a b");
  EXPECT_TRUE(parsed.root().Find("Odd#zz#"));
}

TEST(ObjectParser, DecodesStrings) {
  EXPECT_EQ(Parsed("(a(b)c)").root().Bytes(), "a(b)c");
  EXPECT_EQ(Parsed("(\\(\\n\\101\\7x\\0053\\q)").root().Bytes(), "(\nA\ax\0053q");
  EXPECT_EQ(Parsed("(a\\\r\nb\\\nc\r\nd)").root().Bytes(), "abc\nd");
  EXPECT_EQ(Parsed("<4 1z4\n2 5>").root().Bytes(), "ABP");
  EXPECT_EQ(Parsed("(no end").root().Bytes(), "no end");
  EXPECT_EQ(Parsed("(no end endobj (x)").root().Bytes(), "no end ");
}

TEST(ObjectParser, ConvertsTextStrings) {
  EXPECT_EQ(TextOf(std::string("\xFE\xFF\0a\x20\xAC", 6)), "a\xE2\x82\xAC");
  EXPECT_EQ(TextOf(std::string("\xFF\xFE"
                               "a\0\x3D\xD8\x00\xDE",
                               8)),
            "a\xF0\x9F\x98\x80");
  EXPECT_EQ(TextOf("\xEF\xBB\xBFx"), "x");
  EXPECT_EQ(TextOf("plain"), "plain");
}

TEST(ObjectParser, StopsWhereTheObjectEnds) {
  const auto stop = [](std::string_view text, Stop expected, std::size_t tokens) {
    const Parsed parsed(text, Extent::kIndirectObject);
    EXPECT_EQ(parsed.object.stop, expected) << text;
    EXPECT_EQ(parsed.object.tokens.size(), tokens) << text;
  };
  stop("<< >> endobj 5", Stop::kEndOfValue, 1);
  stop("<< /A 1 stream\n", Stop::kStream, 3);
  stop("<< >> 7 0 obj 8", Stop::kEndOfValue, 1);
  stop("1 % endobj\n 2 endobj", Stop::kEndOfValue, 2);
  stop("] >> ) } 1 > 2", Stop::kEndOfValue, 2);
  EXPECT_EQ(Parsed("[1 2 3 4 5]", Extent::kOneValue, 3).object.stop, Stop::kTooManyTokens);
}

TEST(ObjectParser, NestingCostsNoStack) {
  const Parsed parsed(std::string(200'000, '[') + "1");
  EXPECT_EQ(parsed.object.tokens.size(), 200'001U);
  EXPECT_EQ(parsed.root().size(), 200'001U);
}

TEST(HidesNameTest, OnlyCommonNamesThatAreWrittenOddly) {
  EXPECT_TRUE(HidesName("Fl#61teDecode"));
  EXPECT_TRUE(HidesName("#53"));
  EXPECT_FALSE(HidesName("FlateDecode"));
  EXPECT_FALSE(HidesName("F#6F#6f"));
  EXPECT_FALSE(HidesName("Type#"));
  EXPECT_FALSE(HidesName(std::string(1000, '#')));
}

}  // namespace
}  // namespace day::unpack::pdf
