#include "libs/unpack/document/xml_tags.h"

#include <gtest/gtest.h>

namespace day::unpack::document {
namespace {

TEST(XmlTagsTest, FindsTagsByTheirLocalNames) {
  const std::string_view xml = "<a><p:key x='1'/><keys/></p:key><key>";
  std::size_t at = 0;
  EXPECT_EQ(NextTag(xml, "key", at), "p:key x='1'/");
  EXPECT_EQ(NextTag(xml, "key", at), "key");
  EXPECT_EQ(NextTag(xml, "key", at), std::nullopt);
  EXPECT_EQ(NextTag(xml, "key", at), std::nullopt);
  at = 0;
  EXPECT_EQ(NextTag(xml, "/key", at), "/p:key");
  at = 0;
  EXPECT_EQ(NextTag("<key a=\"b", "key", at), "key a=\"b");
  at = 0;
  EXPECT_EQ(NextTag("<", "key", at), std::nullopt);
}

TEST(XmlTagsTest, ReadsAttributes) {
  const std::string_view tag = "t long-name='1' p:name = \"a 'b'\" name='second' last='cut";
  EXPECT_EQ(Attribute(tag, "name"), "a 'b'");
  EXPECT_EQ(Attribute(tag, "long-name"), "1");
  EXPECT_EQ(Attribute(tag, "last"), "cut");
  EXPECT_EQ(Attribute(tag, "none"), "");
  EXPECT_EQ(Attribute("t a=b c='d'", "c"), "");
  EXPECT_EQ(Attribute("t", "a"), "");
}

}  // namespace
}  // namespace day::unpack::document
