#include "libs/unpack/mail/transfer.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/base/base64.h"
#include "libs/unpack/mail/text_lines.h"

namespace day::unpack::mail {
namespace {

std::string Base64(std::string_view text, Padding padding = Padding::kEndsData) {
  inflate::OutputBuffer out;
  {
    Sink sink(text.size() + 3, 1000, out);
    DecodeBase64(text, padding, sink);
  }
  return std::string(base::AsText(out.bytes()));
}

std::string QuotedPrintable(std::string_view text) {
  inflate::OutputBuffer out;
  {
    Sink sink(text.size(), 1000, out);
    DecodeQuotedPrintable(text, sink);
  }
  return std::string(base::AsText(out.bytes()));
}

TEST(Base64Test, ReadsEveryLengthAndByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(Base64(base::EncodeBase64(base::AsBytes(bytes))), bytes);
    bytes += static_cast<char>(i);
  }
}

TEST(Base64Test, PassesOverJunk) {
  EXPECT_EQ(Base64("aGVs\r\n bG8="), "hello");
  EXPECT_EQ(Base64("*a!G_V-s\tb\nG\x80"
                   "8"),
            "hello");
  EXPECT_EQ(Base64("aGVsbG8"), "hello") << "no padding";
  EXPECT_EQ(Base64("aGVsbG8x\nQ"), "hello1") << "a lone character";
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("===="), "");
}

TEST(Base64Test, ReadsDataBehindPaddingInThreeWays) {
  EXPECT_FALSE(HasDataBehindPadding("aGVsbG8="));
  EXPECT_FALSE(HasDataBehindPadding("aGVs"));
  EXPECT_FALSE(HasDataBehindPadding("aA==\r\n____"));
  EXPECT_TRUE(HasDataBehindPadding("aA==aQ=="));
  EXPECT_EQ(Base64("aA==aQ==", Padding::kEndsData), "h");
  EXPECT_EQ(Base64("aA==aQ==", Padding::kEndsGroup), "hi");
  EXPECT_EQ(Base64("aG=VsbG8", Padding::kIsJunk), "hello");
}

TEST(Base64Test, StopsAtTheRoom) {
  inflate::OutputBuffer out;
  {
    Sink sink(100, 4, out);
    DecodeBase64("aGVsbG8h", Padding::kEndsData, sink);
    EXPECT_TRUE(sink.full());
  }
  EXPECT_EQ(base::AsText(out.bytes()), "hell");
}

TEST(QuotedPrintableTest, ReadsCodesAndSoftBreaks) {
  EXPECT_EQ(QuotedPrintable("caf=C3=a9"), "caf\xC3\xA9");
  EXPECT_EQ(QuotedPrintable("a=\nb=\r\nc=\rd"), "abcd");
  EXPECT_EQ(QuotedPrintable("a= \t\nb"), "ab");
  EXPECT_EQ(QuotedPrintable("a="), "a");
  EXPECT_EQ(QuotedPrintable("a \t\n b\t"), "a\n b") << "blanks at the end of a line";
  EXPECT_EQ(QuotedPrintable("=4=XY=="), "=4=XY=");
}

TEST(LineWalkerTest, KnowsAllEndings) {
  const std::string_view text = "a\nb\r\nc\rd\r\r\n\ne";
  std::string joined;
  for (LineWalker lines(text); !lines.done();) {
    const std::size_t start = lines.start();
    const std::string_view line = lines.Next();
    EXPECT_EQ(text.substr(start, line.size()), line);
    joined += std::string(line) + "|";
  }
  EXPECT_EQ(joined, "a|b|c|d|||e|");
  EXPECT_EQ(WithoutLastEnding("ab\r\nc", 4), "ab");
  EXPECT_EQ(WithoutLastEnding("ab\n\n", 4), "ab\n");
  EXPECT_EQ(WithoutLastEnding("ab\r", 3), "ab");
  EXPECT_EQ(WithoutLastEnding("", 0), "");
}

}  // namespace
}  // namespace day::unpack::mail
