#include "libs/unpack/pdf/pdf_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace day::unpack::pdf {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

struct Walk {
  std::vector<std::pair<std::string, std::string>> parts;  // name and content
  std::vector<std::string> gaps;
  std::string problem;
};

Walk WalkAll(const std::string& file, const base::BudgetLimits& limits = {}) {
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  PdfReader reader(base::AsBytes(file));
  Walk walk;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    walk.parts.emplace_back(part->name, std::string(base::AsText(part->content)));
    if (!part->gap.empty()) {
      walk.gaps.push_back(part->gap);
    }
  }
  walk.problem = std::string(reader.problem());
  return walk;
}

TEST(PdfReader, KnowsHeaders) {
  const auto is_pdf = [](const std::string& text) { return PdfReader::IsPdf(base::AsBytes(text)); };
  EXPECT_TRUE(is_pdf("%PDF-1.4"));
  EXPECT_TRUE(is_pdf(std::string(1000, 'x') + "%PDF-1.4"));
  EXPECT_FALSE(is_pdf(std::string(1020, 'x') + "%PDF-1.4"));
  EXPECT_TRUE(is_pdf("%!PS-Adobe-3.0 PDF-1.4\n"));
  EXPECT_FALSE(is_pdf("%!PS-Adobe-3.0\n"));
  EXPECT_TRUE(is_pdf("%P?F-1.4\n1 0 obj <<>> endobj\nstartxref\n0\n%%EOF\n"));
  EXPECT_FALSE(is_pdf("1 0 obj <<>> endobj\nstartxref\n0\n%%EOF\n" + std::string(1020, '\n')));
  EXPECT_FALSE(is_pdf("A text of startxref and\n%%EOF\n"));
  EXPECT_FALSE(is_pdf(""));
}

TEST(PdfReader, GivesStreamsScriptsActionsAndWhatFollows) {
  const Walk walk = WalkAll(
      "%PDF-1.4\n1 0 obj << /Length 5 >>\nstream\nhello\nendstream endobj\n"
      "2 0 obj << /S /JavaScript /JS (app.alert\\(1\\)) >> endobj\n"
      "3 0 obj << /S /URI /URI (http://example.org) >> endobj\n%%EOF\nMZ");
  EXPECT_THAT(
      walk.parts,
      ElementsAre(Pair("object 1 0", "hello"), Pair("(javascript 1)", "app.alert(1)"),
                  Pair("(actions)", "JavaScript\nURI\nURI http://example.org\n"),
                  Pair("(links)", "a http://example.org\n"), Pair("(trailing data)", "MZ")));
  EXPECT_EQ(walk.problem, "");
}

TEST(PdfReader, GivesWhereActionsLead) {
  const Walk walk = WalkAll(
      "%PDF-1.4\n1 0 obj << /S /URI /URI (http://a.example/\\050x\\051) >> endobj\n"
      "2 0 obj << /S /SubmitForm /F << /FS /URL /F (//b.example/post) >> >> endobj\n"
      "3 0 obj << /S /GoToR /F (other.pdf) >> endobj 4 0 obj << /S /GoToR /F 5 0 R >> endobj\n"
      "5 0 obj (http://c.example/d.pdf) endobj\n"
      "6 0 obj << /S /URI /URI (http://a.example/\\(x\\)) >> endobj\n");
  ASSERT_EQ(walk.parts.size(), 2u);
  EXPECT_THAT(walk.parts[1], Pair("(links)",
                                  "a http://a.example/(x)\nform //b.example/post\n"
                                  "GoToR http://c.example/d.pdf\n"));
}

TEST(PdfReader, EveryPieceOfAnUpdatedFileIsGiven) {
  const Walk walk = WalkAll(
      "%PDF-1.4\n1 0 obj << >> stream\nold\nendstream endobj\n%%EOF\n"
      "1 0 obj << >> stream\nnew\nendstream endobj\n%%EOF\n");
  EXPECT_THAT(walk.parts, ElementsAre(Pair("object 1 0", "old"), Pair("object 1 0", "new")));
}

TEST(PdfReader, NamesOfFilesCannotForgeLines) {
  const Walk walk = WalkAll(
      "%PDF-1.4\n1 0 obj << >> stream\nx\nendstream endobj\n"
      "2 0 obj << /F (a\\nb.txt) /EF << /F 1 0 R >> >> endobj");
  EXPECT_THAT(walk.parts, ElementsAre(Pair("a?b.txt", "x")));
}

TEST(PdfReader, ASharedScriptIsGivenOnce) {
  const Walk walk = WalkAll(
      "%PDF-1.4\n1 0 obj << /JS 5 0 R >> endobj 2 0 obj << /JS 5 0 R >> endobj\n"
      "5 0 obj (script) endobj");
  EXPECT_THAT(walk.parts, ElementsAre(Pair("(javascript 1)", "script")));
}

TEST(PdfReader, LimitsOfTheBudgetAreGaps) {
  base::BudgetLimits limits;
  limits.bytes_out_max = 3;
  const Walk walk = WalkAll("%PDF-1.4\n1 0 obj << >> stream\nhello\nendstream endobj\n", limits);
  EXPECT_THAT(walk.parts, ElementsAre(Pair("object 1 0", "hel")));
  EXPECT_THAT(walk.gaps, ElementsAre("limit bytes_out_max"));
}

TEST(PdfReader, StreamsOfDamagedObjectsAreDecoded) {
  const std::string hex = "68656c6c6f>\nendstream endobj\n";
  for (const std::string front : {"1 0 obj << /Filter /ASCIIHexDecode >> stream\n",
                                  "1 0 objJ<< /Filter /ASCIIHexDecode >> stream\n",
                                  "1 0 oxj << /Filter /ASCIIHexDecode >> stream\n",
                                  "1 0 obj << /Filter K/ASCIIHexDecode >> stream\n",
                                  "1 0 obj << /Length\"5 /Filter /ASCIIHexDecode >> stream\n",
                                  "1 0 obj << /Length 5(/Filter /ASCIIHexDecode >> stream\n",
                                  "1 0 obj << /Filter /ASCIIHexDecode?? >> stream\n",
                                  "1 0 obj << /Filter /ASCIIHexDecode >>\x1Astream\n",
                                  "1 0 obj << /Filter /ASCIIHexDecode >> stream;\n",
                                  "1 0 obj << /Filter /ASCIIHexDecode >>\nst?eam\n",
                                  "1 0 obj << /Filter /ASCIIHexDecode >> st?eam\r\n"}) {
    const Walk walk = WalkAll("%PDF-1.4\n" + front + hex);
    EXPECT_TRUE(std::any_of(walk.parts.begin(), walk.parts.end(), [](const auto& part) {
      return part.second == "hello";
    })) << front;
  }
  // Words alone are no stream.
  EXPECT_TRUE(WalkAll("%PDF-1.4\nA stream\nof words\nendstream\n").parts.empty());
}

TEST(PdfReader, AGuessedFilterThatFailsIsNoGap) {
  const Walk walk = WalkAll(
      "%PDF-1.4\n1 0 obj << /Filter [] /X /FlateDecode >> stream\nhello\nendstream endobj\n");
  EXPECT_THAT(walk.gaps, ElementsAre());
  EXPECT_EQ(walk.parts.front().second, "hello");
}

TEST(PdfReader, NothingIsInAnEmptyFile) {
  EXPECT_TRUE(WalkAll("").parts.empty());
  EXPECT_TRUE(WalkAll("%PDF-1.4\nobj obj obj endobj stream endstream").parts.empty());
}

}  // namespace
}  // namespace day::unpack::pdf
