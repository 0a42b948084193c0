#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/unpack/vba/compression.h"
#include "libs/unpack/vba/project.h"
#include "libs/unpack/vba/testing/vba_writer.h"
#include "libs/unpack/vba/xlm.h"

namespace day::unpack::vba {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Bytes16(unsigned value) {
  return {static_cast<char>(value & 0xFF), static_cast<char>((value >> 8) & 0xFF)};
}
std::string Record(unsigned id, const std::string& data) {
  return Bytes16(id) + Bytes16(static_cast<unsigned>(data.size())) + data;
}
std::string Bof(unsigned kind) {
  return Record(0x0809, Bytes16(0x0600) + Bytes16(kind) + std::string(12, '\0'));
}
std::string TextToken(const std::string& text) {
  return "\x17" + std::string(1, static_cast<char>(text.size())) + '\0' + text;
}
std::string FormulaRecord(unsigned row, unsigned column, const std::string& tokens) {
  return Record(0x0006, Bytes16(row) + Bytes16(column) + std::string(16, '\0') +
                            Bytes16(static_cast<unsigned>(tokens.size())) + tokens);
}
const std::string kEof = Record(0x000A, "");

TEST(CompressionTest, ReadsTheExamplesOfTheSpecification) {
  // [MS-OVBA] 3.2: no compression, normal, maximum.
  const std::string none(
      "\x01\x19\xB0\x00"
      "abcdefgh\x00"
      "ijklmnop\x00"
      "qrstuv.",
      29);
  EXPECT_EQ(Decompress(base::AsBytes(none), 1000).text, "abcdefghijklmnopqrstuv.");
  const std::string most("\x01\x03\xB0\x02\x61\x45\x00", 7);
  EXPECT_EQ(Decompress(base::AsBytes(most), 1000).text, std::string(73, 'a'));
}

TEST(CompressionTest, ReadsWhatTheWriterWrites) {
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    text += "line " + std::to_string(i * i) + " of a macro\r\n";
  }
  const std::string packed = Compress(text);
  EXPECT_LT(packed.size(), text.size());
  const Decompressed result = Decompress(base::AsBytes(packed), 1 << 20);
  EXPECT_EQ(result.text, text);
  EXPECT_EQ(result.gap, "");
  EXPECT_EQ(Decompress(base::AsBytes(packed), 5000).text, text.substr(0, 5000));
  EXPECT_EQ(Decompress(base::AsBytes(packed), 5000).gap, kCut);
}

TEST(CompressionTest, DamageKeepsWhatCameBefore) {
  EXPECT_THAT(Decompress(base::AsBytes("nonsense"), 100).gap, HasSubstr("damaged"));
  // A match before the chunk's start.
  const std::string bad("\x01\x04\xB0\x02\x61\xFF\xFF\x00", 8);
  EXPECT_EQ(Decompress(base::AsBytes(bad), 100).text, "a");
  EXPECT_THAT(Decompress(base::AsBytes(bad), 100).gap, HasSubstr("damaged"));
}

TEST(ProjectTest, ListsModules) {
  const std::string dir = DirStream({{"ThisDocument", "12345", "x"}, {"Module1", "", "y"}});
  const auto modules = ReadModules(base::AsBytes(Decompress(base::AsBytes(dir), 10'000).text));
  ASSERT_THAT(modules, SizeIs(2));
  EXPECT_EQ(modules[0].stream_name, "ThisDocument");
  EXPECT_EQ(modules[0].source_offset, 5u);
}

TEST(ProjectTest, OnlyWhatTheSourceDoesNotSayIsHidden) {
  const std::string pcode = PcodeLiteral("say \"hi\"") + PcodeLiteral("powershell");
  EXPECT_EQ(HiddenPcodeTexts(base::AsBytes(pcode), "x = \"say \"\"hi\"\"\" : y = \"powershell\"",
                             base::AsBytes("Names")),
            "");
  EXPECT_EQ(
      HiddenPcodeTexts(base::AsBytes(pcode), "x = \"say \"\"hi\"\"\"", base::AsBytes("Names")),
      "\"powershell\"\nNames\n");
}

TEST(XlmTest, ShowsFormulasOfMacroSheetsOnly) {
  const std::string exec = TextToken("cm") + TextToken("d.exe") + "\x08" + "\x41" + Bytes16(110);
  const std::string workbook =
      Bof(0x0005) + kEof + Bof(0x0010) + FormulaRecord(0, 0, TextToken("in a plain sheet")) + kEof +
      Bof(0x0040) + FormulaRecord(2, 1, exec) + Record(0x0207, Bytes16(4) + '\0' + "gave") + kEof;
  const std::string text = MacroSheetText(base::AsBytes(workbook), 10'000);
  EXPECT_THAT(text, HasSubstr("B3: =EXEC(\"cmd.exe\")\n"));
  EXPECT_THAT(text, HasSubstr("gave"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("plain")));
  EXPECT_EQ(MacroSheetText(base::AsBytes(Bof(0x0005) + kEof), 10'000), "");
}

TEST(XlmTest, PutsConstantsTogether) {
  const auto character = [](unsigned code) {
    return "\x1E" + Bytes16(code) + "\x41" + Bytes16(111);
  };
  const std::string tokens = character('c') + character('a') + "\x08" + TextToken("lc") + "\x08" +
                             std::string("\x42\x01", 2) + Bytes16(110);
  const std::string workbook = Bof(0x0040) + FormulaRecord(0, 0, tokens) + kEof;
  EXPECT_THAT(MacroSheetText(base::AsBytes(workbook), 10'000), HasSubstr("A1: =EXEC(\"calc\")"));
}

TEST(XlmTest, NamesThatRunByThemselvesAreShown) {
  std::string name = Bytes16(0x0020) + '\0' + '\1' + Bytes16(5) + std::string(8, '\0') +
                     std::string("\0\1", 2) + "\x24" + Bytes16(4) + Bytes16(0);
  const std::string workbook = Bof(0x0005) + Record(0x0018, name) + kEof + Bof(0x0040) + kEof;
  EXPECT_THAT(MacroSheetText(base::AsBytes(workbook), 10'000), HasSubstr("Auto_Open: =A5"));
}

TEST(XlmTest, DeepFormulasEndQuickly) {
  std::string tokens = TextToken("x");
  while (tokens.size() < 60'000) {
    tokens += "\x41" + Bytes16(110);
  }
  std::string workbook = Bof(0x0040);
  for (int i = 0; i < 1000; ++i) {
    workbook += FormulaRecord(0, 0, tokens);
  }
  EXPECT_GT(MacroSheetText(base::AsBytes(workbook), 1 << 20).size(), 1u << 20);
}

}  // namespace
}  // namespace day::unpack::vba
