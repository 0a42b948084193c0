#include <gtest/gtest.h>

#include <string>

#include "libs/unpack/document/ole_object.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/document/rtf_compression.h"
#include "libs/unpack/document/text.h"

namespace day::unpack::document {
namespace {

TEST(TextTest, Utf16BecomesUtf8) {
  const std::string text("a\0\xE9\0\x3D\xD8\x00\xDE\x00\xDC!\0", 12);
  EXPECT_EQ(Utf16ToUtf8(base::AsBytes(text)), "a\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD!");
  EXPECT_EQ(FileNameOf("C:\\dir\\a.exe"), "a.exe");
}

TEST(RtfCompressionTest, ReadsTheExampleOfTheSpecification) {
  // [MS-OXRTFCP] 4.1.
  const std::string packed(
      "\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7"
      "\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c"
      "\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0",
      49);
  EXPECT_EQ(DecompressRtf(base::AsBytes(packed), 1000),
            "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
  EXPECT_EQ(DecompressRtf(base::AsBytes(packed), 5), "{\\rtf");
  EXPECT_EQ(DecompressRtf(base::AsBytes("nothing of it"), 5), "");
}

TEST(PartTest, ViewsArePaidAndCut) {
  base::BudgetLimits limits;
  limits.bytes_out_max = 6;
  base::Budget budget(limits);
  EXPECT_EQ(PaidPart("a", base::AsBytes("four"), budget).gap, "");
  const Part part = PaidPart("b", base::AsBytes("four"), budget);
  EXPECT_EQ(base::AsText(part.content), "fo");
  EXPECT_EQ(part.gap, "limit bytes_out_max");
}

TEST(OleObjectTest, LinksAndNonsenseAreNoObjects) {
  EXPECT_FALSE(ReadOleObject(base::AsBytes("nonsense that is long enough")));
  EXPECT_FALSE(ReadPackage(base::AsBytes("no package")));
  EXPECT_FALSE(ReadOle10Native(base::AsBytes("xx")));
}

}  // namespace
}  // namespace day::unpack::document
