#include "libs/unpack/vba/xlsb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace day::unpack::vba {
namespace {

using ::testing::HasSubstr;

constexpr unsigned kRow = 0;
constexpr unsigned kCellText = 6;
constexpr unsigned kFormulaText = 8;
constexpr unsigned kFormulaNumber = 9;
constexpr unsigned kFormulaBool = 10;
constexpr unsigned kName = 39;
constexpr unsigned kSheet = 129;
constexpr unsigned kBook = 131;
constexpr unsigned kShared = 427;

std::string Little(std::uint64_t value, unsigned bytes) {
  std::string out;
  for (unsigned i = 0; i < bytes; ++i) {
    out += static_cast<char>(value >> (8 * i));
  }
  return out;
}
std::string Number(std::uint32_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>(value | 0x80);
  }
  return out + static_cast<char>(value);
}
std::string Record(unsigned type, const std::string& data) {
  return Number(type) + Number(static_cast<std::uint32_t>(data.size())) + data;
}
std::string Wide(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    out += '\0';
  }
  return out;
}
std::string LongText(const std::string& text) { return Little(text.size(), 4) + Wide(text); }
std::string Rgce(const std::string& tokens) {
  return Little(tokens.size(), 4) + tokens + Little(0, 4);
}
std::string Cell(unsigned type, unsigned column, const std::string& value,
                 const std::string& tokens) {
  return Record(type, Little(column, 4) + Little(0, 4) + value + Little(0, 2) + Rgce(tokens));
}
std::string Row(unsigned row) { return Record(kRow, Little(row, 4) + Little(0, 13)); }

// Tokens.
std::string Text(const std::string& text) { return "\x17" + Little(text.size(), 2) + Wide(text); }
std::string Call(unsigned function, unsigned arguments) {
  return "\x42" + Little(arguments, 1) + Little(function, 2);
}
std::string Fixed(unsigned function) { return "\x41" + Little(function, 2); }
std::string Ref(unsigned row, unsigned column) {
  return "\x44" + Little(row, 4) + Little(0xC000 | column, 2);
}
constexpr unsigned kSum = 4;
constexpr unsigned kExec = 110;
constexpr unsigned kHalt = 54;

struct Result {
  std::string text;
  std::string gap;
  bool is_macro = false;
  std::string problem;
};
Result Read(const std::string& part, const base::BudgetLimits& limits = {}) {
  EXPECT_TRUE(BinarySheetReader::IsBinarySheet(base::AsBytes(part)));
  BinarySheetReader reader(base::AsBytes(part));
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  Result result;
  if (const auto text = reader.Next(budget, inflater, buffer)) {
    result = {std::string(base::AsText(text->content)),
              text->gap,
              text->kind == document::PartKind::kXlmMacro,
              {}};
    EXPECT_FALSE(reader.Next(budget, inflater, buffer));
  }
  result.problem = reader.problem();
  return result;
}

TEST(XlsbTest, ShowsFormulasOfMacroSheetsOnly) {
  const std::string sum = Cell(kFormulaNumber, 1, Little(std::bit_cast<std::uint64_t>(3.0), 8),
                               Ref(0, 0) + Call(kSum, 1));
  const std::string start = Record(kSheet, "") + Row(2) + sum;
  EXPECT_EQ(Read(start).text, "");
  const std::string exec = Cell(kFormulaText, 27, LongText("gave"),
                                Text("cmd") + Text(".exe") + "\x08" + Call(kExec, 1));
  const Result result =
      Read(start + Row(70'000) + exec + Cell(kFormulaBool, 0, "\1", Fixed(kHalt)));
  EXPECT_EQ(result.text,
            "B3: =SUM(A1)\n  ' gave 3.000000\n"
            "AB70001: =EXEC(\"cmd.exe\")\n  ' gave \"gave\"\n"
            "A70001: =HALT()\n");
  EXPECT_TRUE(result.is_macro);
}

TEST(XlsbTest, CommandsAndSharedFormulasAreMacros) {
  const std::string start = Record(kSheet, "") + Record(kCellText, Little(0, 8) + LongText("http"));
  EXPECT_EQ(Read(start).text, "");
  EXPECT_EQ(
      Read(start + Record(kShared, Little(0, 16) + Rgce(Ref(0, 0) + Call(0x8000 | 96, 1)))).text,
      "A1: \"http\"\nseveral cells: =FORMULA(A1)\n");
}

TEST(XlsbTest, ReadsEveryReference) {
  const std::string tokens =
      "\x45" + Little(0, 4) + Little(9, 4) + Little(0, 2) + Little(1, 2) +  // A1:B10
      "\x5A" + Little(3, 2) + Little(4, 4) + Little(2, 2) +                 // [3]!C5
      "\x5B" + Little(3, 2) + Little(4, 4) + Little(5, 4) + Little(2, 2) +
      Little(2, 2) +                                                       // [3]!C5:C6
      "\x43" + Little(70'000, 4) + "\x59" + Little(1, 2) + Little(2, 4) +  // names
      "\x4A" + Little(0, 6) + "\x4B" + Little(0, 12) + "\x5C" + Little(0, 8) + "\x5D" +
      Little(0, 14) + "\x60" + Little(0, 14) + Call(kExec, 10);
  EXPECT_THAT(Read(Record(kSheet, "") + Cell(kFormulaBool, 0, "\1", tokens)).text,
              HasSubstr("=EXEC(A1:B10,[3]!C5,[3]!C5:C6,name70000,external2,"
                        "#REF!,#REF!,#REF!,#REF!,{...})\n"));
}

TEST(XlsbTest, NamesThatRunByThemselvesAreTold) {
  const auto name = [](const std::string& text) {
    return Record(kName, Little(0, 9) + LongText(text) + Rgce(Ref(0, 0)));
  };
  const std::string book = Record(kBook, "");
  EXPECT_EQ(Read(book + name("Total")).text, "");
  EXPECT_EQ(Read(book + name("Total") + name("_xlnm.Auto_Open")).text,
            "Total: =A1\n_xlnm.Auto_Open: =A1\n");
  EXPECT_EQ(Read(book + name("AUTO_CLOSE77")).text, "AUTO_CLOSE77: =A1\n");
  EXPECT_EQ(Read(book + name("not_auto_open")).text, "");
}

TEST(XlsbTest, WhatIsCutOffIsReadAsFarAsItGoes) {
  const std::string sheet = Record(kSheet, "") + Cell(kFormulaBool, 0, "\1", Fixed(kHalt)) +
                            Cell(kFormulaText, 1, LongText("x"), Text("calc") + Call(kExec, 1));
  for (std::size_t size = 3; size < sheet.size(); ++size) {
    (void)Read(sheet.substr(0, size));
  }
  EXPECT_THAT(Read(sheet.substr(0, sheet.size() - 8)).text,
              HasSubstr("A1: =HALT()\nB1: =\"calc\"\n"));
}

TEST(XlsbTest, LimitsAreSaid) {
  std::string sheet = Record(kSheet, "");
  for (int i = 0; i < 1000; ++i) {
    sheet += Cell(kFormulaBool, 0, "\1", Fixed(kHalt));
  }
  base::BudgetLimits limits;
  limits.bytes_out_max = 100;
  const Result cut = Read(sheet, limits);
  EXPECT_EQ(cut.text.size(), 100u);
  EXPECT_EQ(cut.gap, "limit bytes_out_max");
  limits = {};
  limits.steps_max = 100;
  EXPECT_EQ(Read(sheet, limits).problem, "limit steps_max");
}

TEST(XlsbTest, OtherPartsAreNone) {
  EXPECT_FALSE(BinarySheetReader::IsBinarySheet({}));
  EXPECT_FALSE(BinarySheetReader::IsBinarySheet(base::AsBytes("\x81\x01")));
  EXPECT_FALSE(BinarySheetReader::IsBinarySheet(base::AsBytes(Record(159, std::string(8, '\0')))));
}

}  // namespace
}  // namespace day::unpack::vba
