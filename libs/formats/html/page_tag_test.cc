#include "libs/formats/html/page_tag.h"

#include <gtest/gtest.h>

#include <string>

namespace day::formats::html {
namespace {

std::optional<std::uint64_t> Find(const std::string& text) {
  return FindPageTag(base::AsBytes(text));
}

TEST(PageTagTest, TagsAnywhereInAnyCase) {
  EXPECT_EQ(Find("<HtMl>"), 0u);
  EXPECT_EQ(Find("GIF89a \x01 <script>"), 9u);
  EXPECT_EQ(Find("words <IMG src=x>"), 6u);
  EXPECT_EQ(Find("see <a class=x HREF='y'>"), 4u);
  EXPECT_EQ(Find(std::string(1000, '<') + "<table "), 1000u);
}

TEST(PageTagTest, OtherTextsHaveNone) {
  for (const std::string text :
       {"", "<", "<htm", "#include <string>", "<a> href", "a < b, <i>, <span>", "<aside href=x>"}) {
    EXPECT_EQ(Find(text), std::nullopt) << text;
  }
  EXPECT_EQ(Find("<a " + std::string(kLinkBytesMax, 'x') + "href"), std::nullopt);
}

}  // namespace
}  // namespace day::formats::html
