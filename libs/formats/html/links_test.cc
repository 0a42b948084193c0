#include "libs/formats/html/links.h"

#include <gtest/gtest.h>

#include <string>

namespace day::formats::html {
namespace {

std::string Links(std::string_view page, LinkLimits limits = {}) {
  std::string out;
  for (const Link& link : ReadLinks(base::AsBytes(page), limits).links) {
    out += std::string(LinkKindName(link.kind)) + " " + link.target + " [" + link.shown + "]" +
           (link.is_decoded ? "* " : " ");
  }
  return out;
}

std::string Pairs(std::string_view page) {
  std::string out;
  for (const LinkPair& pair : ReadLinks(base::AsBytes(page), {}).pairs) {
    out += pair.real + " [" + pair.shown + "]" + (pair.is_anchor ? "a" : "") +
           (pair.is_image ? "i" : "") + " ";
  }
  return out;
}

TEST(LinksTest, AnchorsInEveryForm) {
  EXPECT_EQ(Links("<a href=\"http://a/\">b <b>c</b></a>"), "a http://a/ [b c] ");
  EXPECT_EQ(Links("<A  HREF = 'http://a/' >b\n c"), "a http://a/ [b c] ");
  EXPECT_EQ(Links("<a/href=http://a/>b</a >"), "a http://a/ [b] ");
  EXPECT_EQ(Links("<a title='x > y' href=http://a>b<a href=\"//c/d\">e"),
            "a http://a [b] a http://c/d [e]* ");
  EXPECT_EQ(Links("<a href=\"http://a/ x=y>b</a>"), "a http://a/ [b] ");  // a quote without an end
  EXPECT_EQ(Links("<a name=x>b</a><a href=''>c</a>"), "");
}

TEST(LinksTest, DecodesWhatIsHidden) {
  EXPECT_EQ(Links("<a href='h&#116;tp&colon;//a&#x2E;b&period;c&amp;&#100e'>&lt;d&nbsp;</a>"),
            "a http://a.b.c&de [<d\xC2\xA0]* ");
  EXPECT_EQ(Links("<a href=' ht\ntp://a\tb '>c</a>"), "a http://ab [c]* ");
  EXPECT_EQ(Links("<a href='http://a\xE3\x80\x82"
                  "b'>x&#12290;y \xA1\x43</a>"),
            "a http://a.b [x.y .]* ");
}

TEST(LinksTest, CommentsAndScriptsAreNoPage) {
  EXPECT_EQ(Links("<!-- <a href=http://a>b</a> --><a href=http://c>d<!-- > -->e</a>"),
            "a http://c [de] ");
  EXPECT_EQ(Links("<script>'<a href=//a>'</script><style><a href=//b></style>x"), "");
}

TEST(LinksTest, EveryKindAndBase) {
  EXPECT_EQ(Links("<base href='https://h.example/d/e?f'><a href=x>1</a><img src=/y><iframe src=#z>"
                  "<area href=mailto:a@b><form action='?q'><meta http-equiv=refresh "
                  "content=\"0; URL='http://r/'\">"),
            "a https://h.example/d/x [1]* img https://h.example/y []* iframe #z [] "
            "area mailto:a@b [] form https://h.example/d/?q []* refresh http://r/ [] ");
}

TEST(LinksTest, TextsWithoutTags) {
  EXPECT_EQ(Links("see HTTPS://a/b?c=d or\nftp://e or http:x :// xhttp"),
            "text HTTPS://a/b?c=d [] text ftp://e [] text http:x [] ");
}

TEST(LinksTest, PairsThatAreTakenForEachOther) {
  EXPECT_EQ(Pairs("<a href=http://a title=http://t>b<img src=http://c></a>"),
            "http://a [http://t] http://a [http://c]i http://a [b]a ");
  EXPECT_EQ(Pairs("<form action=http://f><a href=http://a>b</a></form><a href=http://c>d</a>"),
            "http://f [http://a] http://a [b]a http://c [d]a ");
}

TEST(LinksTest, Limits) {
  LinkLimits limits;
  limits.links_max = 1;
  const PageLinks cut =
      ReadLinks(base::AsBytes(std::string_view("<a href=a:1>x</a><a href=a:2>y</a>")), limits);
  EXPECT_EQ(cut.links.size(), 1u);
  EXPECT_EQ(cut.cut, "html_links_max");
  limits = {};
  limits.input_bytes_max = 4;
  EXPECT_EQ(ReadLinks(base::AsBytes(std::string_view("12345")), limits).cut,
            "html_links_bytes_max");
  limits = {};
  limits.link_bytes_max = 5;
  EXPECT_EQ(Links("<a href=http://abc>defghijk</a>", limits), "a http: [defgh] ");
}

}  // namespace
}  // namespace day::formats::html
