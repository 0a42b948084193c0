#include "libs/unpack/officexml/macro_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace day::unpack::officexml {
namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\"?>\r\n<!-- > --><xm:macrosheet xmlns:xm=\"m\"><sheetData>";

std::string Read(const std::string& xml, std::string* gap = nullptr,
                 const base::BudgetLimits& limits = {}) {
  MacroSheetReader reader(base::AsBytes(xml));
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  const auto part = reader.Next(budget, inflater, buffer);
  if (!part) {
    return std::string(reader.problem());
  }
  EXPECT_EQ(part->kind, document::PartKind::kXlmMacro);
  EXPECT_FALSE(reader.Next(budget, inflater, buffer));
  if (gap != nullptr) {
    *gap = part->gap;
  }
  return std::string(base::AsText(part->content));
}

TEST(MacroSheetTest, KnowsItsElement) {
  const auto is = [](std::string_view xml) {
    return MacroSheetReader::IsMacroSheet(base::AsBytes(xml));
  };
  EXPECT_TRUE(is(kHead));
  EXPECT_TRUE(is("<!--" + std::string(100'000, ' ') + "--><macrosheet/>"));
  EXPECT_FALSE(is("<worksheet><macrosheet/></worksheet>"));
  EXPECT_FALSE(is("<!-- <macrosheet> --><worksheet/>"));
  EXPECT_FALSE(is("<!-- <macrosheet>"));
  EXPECT_FALSE(is("<"));
  EXPECT_FALSE(is(""));
}

TEST(MacroSheetTest, ShowsCellsWithFormulasAndTexts) {
  const std::string xml =
      std::string(kHead) +
      "<row r=\"1\"><c r=\"A1\" t=\"str\"><f>EXEC(&quot;cm&quot;&amp;CHAR(100)&#38;"
      "\".exe\")</f><v>a &lt; b</v></c><c r=\"B1\"/>"
      "<c r=\"C1\" t=\"inlineStr\"><is><t>http://</t></is></c>"
      "<x:c r='D1'><x:f><![CDATA[HALT()&\"\"]]></x:f></x:c>"
      "<c r=\"E1\"><v>7</v></c><c r=\"F1\"><f ca=\"1\"/></c></row>";
  EXPECT_EQ(Read(xml),
            "A1: =EXEC(\"cmd.exe\")\n  ' gave a < b\nC1: http://\nD1: =HALT()&\"\"\nE1: 7\n");
  EXPECT_EQ(Read(std::string(kHead) + "<c r=\"A1\"><f>HALT("), "A1: =HALT(\n");
  EXPECT_EQ(Read(std::string(kHead)), "");
}

TEST(MacroSheetTest, LimitsAreSaid) {
  std::string xml(kHead);
  for (int i = 0; i < 1000; ++i) {
    xml += "<c><f>HALT()</f></c>";
  }
  base::BudgetLimits limits;
  limits.bytes_out_max = 100;
  std::string gap;
  EXPECT_EQ(Read(xml, &gap, limits).size(), 100u);
  EXPECT_EQ(gap, "limit bytes_out_max");
  limits = {};
  limits.steps_max = 100;
  EXPECT_EQ(Read(xml, nullptr, limits), "limit steps_max");
}

TEST(MacroSheetTest, ConstantsAreJoined) {
  EXPECT_EQ(FoldConstants("EXEC(\"a\"&\"b\" & \"c\"&A1&\"d\"&char(101))"),
            "EXEC(\"abc\"&A1&\"de\")");
  EXPECT_EQ(FoldConstants("\"say \"\"\"&CHAR(34)&\"x\""), "\"say \"\"\"\"x\"");
  EXPECT_EQ(FoldConstants("UNICHAR(65)&CHAR(A1)&CHAR(256)&CHAR(65"),
            "UNICHAR(65)&CHAR(A1)&CHAR(256)&CHAR(65");
  EXPECT_EQ(FoldConstants("\"a\" \"b\"=\"c\"&\"d"), "\"a\" \"b\"=\"c\"&\"d");
  EXPECT_EQ(FoldConstants(""), "");
}

TEST(MacroSheetTest, QuotesThatNeverEndCostLittle) {
  EXPECT_EQ(FoldConstants("\"" + std::string(2'000'000, '"')).size(), 2'000'001u);
  std::string xml(kHead);
  for (int i = 0; i < 300'000; ++i) {
    xml += "<c>";
  }
  EXPECT_EQ(Read(xml), "");
}

}  // namespace
}  // namespace day::unpack::officexml
