#include "libs/unpack/mail/mime_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace day::unpack::mail {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> BoundariesOf(const std::string& field) {
  bool limit_hit = false;
  auto boundaries = Boundaries({field}, limit_hit);
  EXPECT_FALSE(limit_hit);
  return boundaries;
}

TEST(MimeHeaderTest, ReadsFields) {
  const Header header = ReadHeader(
      "Subject: x\r\nCONTENT-TYPE: text/plain;\r\n\tname=a\r\nContent-type : b\r\n\r\nbody");
  EXPECT_THAT(header.content_types,
              ElementsAre(" text/plain;\tname=a", " text/plain;name=a", " b"));
  EXPECT_EQ(header.body, 68u);
  EXPECT_FALSE(header.other_body);
  EXPECT_EQ(header.limit, "");
}

TEST(MimeHeaderTest, TextWithoutAHeaderIsBody) {
  EXPECT_EQ(ReadHeader("just a text\n\nSubject: x\n\n").body, 0u);
  EXPECT_EQ(ReadHeader("\ntext").body, 1u);
  EXPECT_EQ(ReadHeader("").body, 0u);
  EXPECT_EQ(ReadHeader("Subject: x").body, 10u) << "never ends";
}

TEST(MimeHeaderTest, JunkGivesASecondBody) {
  const Header junk = ReadHeader("A: b\njunk\nContent-Type: x\n\nbody");
  EXPECT_EQ(junk.other_body, 5u);
  EXPECT_THAT(junk.content_types, ElementsAre(" x"));
  EXPECT_EQ(ReadHeader("A: b\n \nContent-Type: x\n\nbody").other_body, 7u);
  EXPECT_EQ(ReadHeader("junk\nContent-Type: x\n\nbody").other_body, 0u);
}

TEST(MimeHeaderTest, NamesItsLimits) {
  std::string many;
  for (std::size_t i = 0; i < kHeaderLinesMax + 1; ++i) {
    many += "a:\n";
  }
  EXPECT_EQ(ReadHeader(many).limit, "header_lines_max");
  EXPECT_EQ(ReadHeader("A: " + std::string(kHeaderBytesMax, 'x') + "\nB: c\n\n").limit,
            "header_bytes_max");
  EXPECT_EQ(ReadHeader("Content-Type: " + std::string(kFieldBytesMax + 1, 'x') + "\n\n").limit,
            "header_bytes_max");
  std::string types;
  for (std::size_t i = 0; i < 2 * kFieldsMax + 1; ++i) {
    types += "Content-Type: x\n";
  }
  EXPECT_EQ(ReadHeader(types).limit, "header_fields_max");
}

TEST(MimeHeaderTest, KnowsFieldLines) {
  for (const char* line : {"From: x", "X-Y:", "a\t :b"}) {
    EXPECT_TRUE(IsFieldLine(line)) << line;
  }
  for (const char* line : {"", ":", " a: b", "a b: c", "--b: c", "\x80: x", "word"}) {
    EXPECT_FALSE(IsFieldLine(line)) << line;
  }
  EXPECT_FALSE(IsFieldLine(std::string(300, 'a') + ": b"));
}

TEST(MimeHeaderTest, ReadsTypesAndTokens) {
  EXPECT_EQ(MediaType(" (a (b)) Multipart/(c)Mixed ; x=y"), "multipart/mixed");
  EXPECT_EQ(MediaType("text / plain"), "text/plain");
  EXPECT_EQ(MediaType("(never closed"), "");
  EXPECT_EQ(FirstToken(" (x) \"Base64\" (y)"), "base64");
  EXPECT_EQ(FirstToken("'7bit';"), "7bit");
}

TEST(MimeHeaderTest, ReadsParameters) {
  const std::string field = "x; a=1; A=\"2\\\"\"; b = (c) 3 ; c*=utf-8'en'%41%zz; d";
  EXPECT_THAT(ParameterValues(field, "a"), ElementsAre("1", "2\""));
  EXPECT_THAT(ParameterValues(field, "b"), ElementsAre("3"));
  EXPECT_THAT(ParameterValues(field, "c"), ElementsAre("A%zz"));
  EXPECT_THAT(ParameterValues(field, "d"), IsEmpty());
  EXPECT_THAT(ParameterValues("x; n*2=c; n*0*=''%61; n*1=b", "n"), ElementsAre("abc"));
  EXPECT_THAT(ParameterValues("x; a", "a"), IsEmpty());
  EXPECT_THAT(ParameterValues("x; a=\"never closed", "a"), ElementsAre("never closed"));
}

TEST(MimeHeaderTest, GivesEveryBoundary) {
  EXPECT_THAT(BoundariesOf("multipart/mixed; boundary=a"), ElementsAre("a"));
  EXPECT_THAT(BoundariesOf("multipart/mixed; boundary=a; boundary=\"b\""), ElementsAre("a", "b"));
  EXPECT_THAT(BoundariesOf("multipart/mixed boundary=a"), ElementsAre("a"));
  EXPECT_THAT(BoundariesOf("x; boundary=a b"), ElementsAre("a", "a b"));
  EXPECT_THAT(BoundariesOf("x; boundary=\"a\\b\""), ElementsAre("ab", "a\\b"));
  EXPECT_THAT(BoundariesOf("x; boundary='a'"), ElementsAre("'a'", "a"));
  EXPECT_THAT(BoundariesOf("x; boundary=a(b)c"), Contains("a(b)c"));
  EXPECT_THAT(BoundariesOf("x; boundary=(b)c"), Contains("(b)c"));
  EXPECT_THAT(BoundariesOf("x; boundary=(b)c"), Contains("c"));
  EXPECT_THAT(BoundariesOf("x; boundary*=us-ascii''a%20b"), Contains("a b"));
  EXPECT_THAT(BoundariesOf("x; boundary=\"a  \""), ElementsAre("a")) << "ends in no blank";
  EXPECT_THAT(BoundariesOf("x; boundary=\"\""), IsEmpty());
  EXPECT_THAT(BoundariesOf("x; boundary"), IsEmpty());
}

TEST(MimeHeaderTest, BoundsBoundaries) {
  std::string field = "x";
  for (int i = 0; i < 40; ++i) {
    field += "; boundary=b" + std::to_string(i);
  }
  bool limit_hit = false;
  EXPECT_EQ(Boundaries({field}, limit_hit).size(), kBoundariesMax);
  EXPECT_TRUE(limit_hit);
}

TEST(MimeHeaderTest, DecodesWords) {
  EXPECT_EQ(DecodeWords("plain"), "plain");
  EXPECT_EQ(DecodeWords("a =?utf-8?Q?caf=C3=A9_?= =?UTF-8?b?Lg==?= z"), "a caf\xC3\xA9 . z");
  EXPECT_EQ(DecodeWords("=?iso-8859-1?q?=E9?="), "\xC3\xA9");
  EXPECT_EQ(DecodeWords("=?x?z?a?= =?"), "=?x?z?a?= =?");
  EXPECT_EQ(DecodeWords("=?x?q?never ends"), "=?x?q?never ends");
}

TEST(MimeHeaderTest, ReadsFileNames) {
  Header header;
  header.content_types = {"application/x; name=b.txt"};
  EXPECT_EQ(FileName(header), "b.txt");
  header.content_dispositions = {"attachment; filename*0=a; filename*1=.txt"};
  EXPECT_EQ(FileName(header), "a.txt");
  header.content_dispositions = {"attachment; filename=\"=?utf-8?B?YQ==?=.txt\""};
  EXPECT_EQ(FileName(header), "a.txt");
  EXPECT_EQ(FileName(Header{}), "");
}

}  // namespace
}  // namespace day::unpack::mail
