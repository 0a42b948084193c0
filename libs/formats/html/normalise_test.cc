#include "libs/formats/html/normalise.h"

#include <gtest/gtest.h>

#include <string>

namespace day::formats::html {
namespace {

NormalisedHtml Html(std::string_view page) { return NormaliseHtml(base::AsBytes(page), {}); }
std::string Markup(std::string_view page) { return Html(page).markup; }
std::string Text(std::string_view page) { return Html(page).text; }

// What sigtool 1.4.6 --html-normalise writes for these.
TEST(NormaliseHtmlTest, MarkupIsAsClamavsIs) {
  EXPECT_EQ(Markup("<HTML>\n  <BODY  Class=\"Foo  Bar\" onLoad=ABC>Hello   World &amp; &lt;b&gt; "
                   "&#65;&#x42; \n\tNext<!-- comment --><B>bold</B>%41%42 </BODY></HTML>\n"),
            "<html><body class=\"foo bar\" onload=abc>hello world & <b> ab next<b>bold</b>%41%42 "
            "</body></html>");
  EXPECT_EQ(Markup("<a href=\"http://Ex%41mple.COM/Foo?a=1&amp;b=2\">Link  Text</a><img "
                   "src='x.png' alt=\"a > b\"><br/>\n\n\n<p>A\n\nB</p>"),
            "<a href=\"http://ex%41mple.com/foo?a=1&b=2\">link text</a><img src=\"x.png\" alt=\"a "
            ">b\"><br/><p>a b</p>");
  EXPECT_EQ(Markup("<A HREF = \"x\"  B=c   D>t</A >< b>q</ b >"),
            "<a href=\"x\" b=c d>t</a><b>q</ b>");
  EXPECT_EQ(Markup("<a href='it\"s'>x</a><a b=\"x'y\">z</a>"),
            "<a href=\"it\"s\">x</a><a b=\"x\"y\">z</a>");
  EXPECT_EQ(Markup("a<!-- c --> b<!--x-->c<!- y ->d<!x>e<!-->f-->g"), "abcdef-->g");
  EXPECT_EQ(Markup("  lead <b>  x </b>  y  <i>z</i>w<br>"), "lead <b>x </b>y <i>z</i>w<br>");
  EXPECT_EQ(Markup("x&lt y; &bogus; &AMP; &#x26;lt; &#x100; &#128512; &#233;"),
            "x&lt y; &bogus; &amp; &lt; &#x0100; &#xf600; \xE9");
  EXPECT_EQ(Markup("<style>\n a { b : c } <!-- x --></style> <p style=\"x : y\">z"),
            "<style>a{b:c}<!--x--></style><p style=\"x : y\">z");
  EXPECT_EQ(Markup("<script>a  =  'Q  q';\nb</script>  x"), "<script>a=\"qq\";b</script>x");
  EXPECT_EQ(Markup("x<!DOCTYPE html><?php echo \"Hi\" ?>"), "x<?php echo \"hi\" ?>");
  EXPECT_EQ(Markup("<a href=\"javascript:alert( 1 )\">x</a><p onclick=\"Foo ( )\">y"),
            "<a href=\"javascript:alert( 1 )\">x</a><p onclick=\"foo ( )\">y");
  EXPECT_EQ(Markup("x<unclosed attr=\"v"), "x<unclosed attr=\"v");
  EXPECT_EQ(Markup(""), "");
  EXPECT_EQ(Markup("<"), "<");
  EXPECT_EQ(Markup("<!"), "");
}

TEST(NormaliseHtmlTest, TextHasNoTags) {
  EXPECT_EQ(Text("a<!-- c --> b<!--x-->c<!- y ->d<!x>e<!-->f-->g"), "a b c d e f-->g");
  EXPECT_EQ(Text("  lead <b>  x </b>  y  <i>z</i>w<br>"), "lead x y z w ");
  EXPECT_EQ(Text("<b>A</b> <script>no</script>c"), " a c");
  EXPECT_EQ(Text("<a href=\"http://Ex.COM/\">Link</a>"), " http://Ex.COM/ link ");
}

TEST(NormaliseHtmlTest, DataUrisAreObjects) {
  const NormalisedHtml html = Html(
      "<img src=\"data:text/plain;base64,SGVsbG8gV29ybGQ=\">x<a href=\"data:,A%20brief\">y</a>"
      "<object data='DATA: Image/PNG ; base64,\nQU JD'><b c=data:x,d e=f>");
  EXPECT_EQ(html.markup,
            "<img src=\"data\">x<a href=\"data\">y</a><object data=\"data\"><b c=data e=f>");
  ASSERT_EQ(html.data.size(), 4u);
  EXPECT_EQ(html.data[0].media_type, "text/plain");
  EXPECT_EQ(html.data[0].content, "Hello World");
  EXPECT_EQ(html.data[1].media_type, "");
  EXPECT_EQ(html.data[1].content, "A brief");
  EXPECT_EQ(html.data[2].media_type, "image/png");
  EXPECT_EQ(html.data[2].content, "ABC");
  EXPECT_EQ(html.data[3].content, "d");
  Data none;
  EXPECT_FALSE(DecodeDataUri("text/plain", &none));
}

TEST(NormaliseHtmlTest, LimitsAreSaid) {
  Limits limits;
  limits.text_bytes_max = 3;
  EXPECT_EQ(NormaliseHtml(base::AsBytes("abcdef"), limits).cut, "html_notags_bytes_max");
  limits = {};
  limits.input_bytes_max = 3;
  const NormalisedHtml html = NormaliseHtml(base::AsBytes("abcdef"), limits);
  EXPECT_EQ(html.cut, "html_normalize_bytes_max");
  EXPECT_EQ(html.markup, "abc");
  limits = {};
  limits.scripts_max = 1;
  EXPECT_EQ(NormaliseHtml(base::AsBytes("<script>a</script><script>b</script>"), limits).cut,
            "html_script_bytes_max");
  limits = {};
  limits.data_max = 0;
  EXPECT_EQ(NormaliseHtml(base::AsBytes("<a href=data:,x>y</a>"), limits).cut, "html_data_max");
}

TEST(NormaliseTextTest, FoldsAsClamavDoes) {
  constexpr char kAscii[] =
      "Hello   World\n\n  Foo\tBar \0 A\1B \xC3\xA9 &amp; %41 \"X\"  \r\n end";
  EXPECT_EQ(NormaliseText(base::AsBytes({kAscii, sizeof kAscii - 1})),
            "hello world foo bar ab &amp; %41 \"x\" end");
  constexpr char kWide[] = "\xFF\xFEH\0e\0L\0 \0 \0x\0";
  EXPECT_EQ(NormaliseText(base::AsBytes({kWide, sizeof kWide - 1})), "hel x");
}

TEST(NormaliseScriptTest, JoinsAndRenames) {
  EXPECT_EQ(
      NormaliseScript("var a = \"Hello\" + ' World'; // comment\n/* c2 */ document.write( "
                      "unescape(\"%41%42\") ); var Bcd = 'x';\nif (a<3) { foo( a , Bcd ) }"),
      "var n000=\"hello world\";document.write(\"ab\");var n001=\"x\";if(n000<3){foo(n000,n001)"
      "}");
  EXPECT_EQ(
      NormaliseScript("var x=\"a\"; function Foo(bar, baz) { return bar+x+\"b\"+\"c\"; } "
                      "Foo(1,2); undeclared = 3; document.x"),
      "var n000=\"a\";function n001(n002,n003){return n002+n000+\"bc\";}n001(1,2);undeclared=3;"
      "document.x");
  EXPECT_EQ(NormaliseScript("x = \"a\\x41\\u0042\\n\" + 'b'"), "x=\"aab b\"");
  EXPECT_EQ(NormaliseScript("y = /Re[/]ex\"/i; z = a / b / c"), "y=/re[/]ex\"/i;z=a/b/c");
  EXPECT_EQ(NormaliseScript("x = \"a\"\x0F+ \"b\" +`\"c\" \xAB + \"d\""), "x=\"abcd\"");
  EXPECT_EQ(NormaliseScript("x = \xC3\xA9 + \"b\""), "x=\xC3\xA9+\"b\"") << "a name";
  EXPECT_EQ(NormaliseScript("'open"), "\"open\"");
  EXPECT_EQ(NormaliseScript("\"\\"), "\"\\\"");
  EXPECT_EQ(NormaliseScript(""), "");
  EXPECT_EQ(NormaliseScript("unescape('%u0041%zz')"), "\"a%zz\"");
}

TEST(EncodedScriptTest, DecodesWindowsScripts) {
  const std::string block = "#@~^DgAAAA==\\ko$K6,JC\x7FV^GJqAQAAA==^#~@";
  EXPECT_EQ(DecodeEncodedScripts("<script>" + block + "</script>" + block, 10),
            (std::vector<std::string>{"MsgBox \"Hello\"", "MsgBox \"Hello\""}));
  EXPECT_EQ(DecodeEncodedScripts(block + block, 1).size(), 1u);
  EXPECT_EQ(DecodeEncodedScripts("#@~^DgAAAA==\\ko$K6", 10), (std::vector<std::string>{"MsgBox"}));
  EXPECT_TRUE(DecodeEncodedScripts("#@~^DgAA", 10).empty());
  EXPECT_TRUE(DecodeEncodedScripts("#@~^not a length", 10).empty());
}

}  // namespace
}  // namespace day::formats::html
