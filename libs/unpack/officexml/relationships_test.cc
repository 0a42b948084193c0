#include "libs/unpack/officexml/relationships.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::officexml {
namespace {

std::string Links(const std::string& xml) { return ReadExternalLinks(base::AsBytes(xml)).text; }

std::string Relationship(const std::string& type, const std::string& target,
                         const std::string& more = " TargetMode=\"External\"") {
  return "<Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"
         "relationships/" +
         type + "\" Target=\"" + target + "\"" + more + "/>";
}

TEST(RelationshipsTest, GivesWhereADocumentLeads) {
  EXPECT_EQ(
      Links("<Relationships xmlns=\"x\">" + Relationship("hyperlink", "http://a.example/?b&amp;c") +
            Relationship("image", "http://b.example/i.png") +
            Relationship("attachedTemplate", "http&#58;//c&#x2E;example/t.dotm") +
            Relationship("styles", "styles.xml", "") +
            Relationship("hyperlink", "http://a.example/?b&amp;c") +
            Relationship("styles", "styles.xml", " TargetMode=\"Internal\"") + "</Relationships>"),
      "a http://a.example/?b&c\nimg http://b.example/i.png\n"
      "attachedTemplate http://c.example/t.dotm\n");
}

TEST(RelationshipsTest, TakesOtherSpellings) {
  EXPECT_EQ(
      Links("<p:Relationship\n TargetMode = 'External' XTarget=\"x\" Target='file:///a&b;&#10;c' "),
      " file:///a&b;?c\n");
  EXPECT_EQ(Links("<Relationship TargetMode=External Target=a/>"), "");
  EXPECT_EQ(Links("<Relationship"), "");
  EXPECT_FALSE(HasRelationships(base::AsBytes("<Relationships></Relationship >")));
  EXPECT_TRUE(HasRelationships(base::AsBytes("<Relationship />")));
}

TEST(RelationshipsTest, IsBounded) {
  const std::string long_target(10'000, 'x');
  EXPECT_EQ(Links(Relationship("hyperlink", long_target)),
            "a " + long_target.substr(0, kLinkBytesMax) + "\n");
  std::string many;
  for (std::size_t i = 0; i <= kExternalLinksMax; ++i) {
    many += Relationship("hyperlink", std::to_string(i));
  }
  EXPECT_TRUE(ReadExternalLinks(base::AsBytes(many)).is_cut);
}

}  // namespace
}  // namespace day::unpack::officexml
