#include "libs/unpack/pdf/filters.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::pdf {
namespace {

struct Decoded {
  std::string text;
  std::string gap;
};

Decoded DecodeText(Filter filter, std::string_view input, const base::BudgetLimits& limits = {},
                   const FilterParameters& parameters = {}) {
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer out;
  Decoded decoded;
  decoded.gap = Decode(filter, parameters, base::AsBytes(input), budget, inflater, out);
  decoded.text = std::string(base::AsText(out.bytes()));
  EXPECT_EQ(budget.bytes_out(), decoded.text.size());
  return decoded;
}

std::string Unpredict(const FilterParameters& parameters, std::string_view input) {
  inflate::OutputBuffer buffer;
  EXPECT_TRUE(buffer.Append(base::AsBytes(input)));
  EXPECT_EQ(UndoPredictor(parameters, buffer), "");
  return std::string(base::AsText(buffer.bytes()));
}

TEST(Filters, AsciiHexPassesOverJunk) {
  EXPECT_EQ(DecodeText(Filter::kAsciiHex, "41 4\n2x43>44").text, "ABC");
  EXPECT_EQ(DecodeText(Filter::kAsciiHex, "417").text, "Ap");
  EXPECT_EQ(DecodeText(Filter::kAsciiHex, "").text, "");
}

TEST(Filters, Ascii85) {
  EXPECT_EQ(DecodeText(Filter::kAscii85, "87cURD]i,\"Ebo80~>").text, "Hello World!");
  EXPECT_EQ(DecodeText(Filter::kAscii85, " <~87cURD]i,\"Ebo80GQ").text, "Hello World!x");
  EXPECT_EQ(DecodeText(Filter::kAscii85, "z!!").text, std::string(5, '\0'));
  EXPECT_EQ(DecodeText(Filter::kAscii85, "!").text, "");
}

TEST(Filters, RunLength) {
  EXPECT_EQ(DecodeText(Filter::kRunLength,
                       "\x02xyz\xFE"
                       "a\x80zz")
                .text,
            "xyzaaa");
  EXPECT_EQ(DecodeText(Filter::kRunLength, "\x05xy").text, "xy");
  EXPECT_EQ(DecodeText(Filter::kRunLength, "\xFE").text, "");
}

TEST(Filters, LzwOfTheSpecification) {
  // ISO 32000-2, section 7.4.4.2, example 1.
  EXPECT_EQ(DecodeText(Filter::kLzw, "\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01").text, "-----A---B");
  EXPECT_EQ(DecodeText(Filter::kLzw, "\xFF\xFF\xFF").gap, "damaged: invalid LZW code");
}

TEST(Filters, LimitsAreNamed) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 5;
  const Decoded decoded = DecodeText(Filter::kAsciiHex, "41424344454647", limits);
  EXPECT_EQ(decoded.text, "ABCDE");
  EXPECT_EQ(decoded.gap, "limit file_bytes_max");
  limits.bytes_out_max = 3;
  EXPECT_EQ(DecodeText(Filter::kRunLength,
                       "\xFE"
                       "a",
                       limits)
                .gap,
            "");
  EXPECT_EQ(DecodeText(Filter::kRunLength,
                       "\xF0"
                       "a",
                       limits)
                .gap,
            "limit bytes_out_max");
}

TEST(Filters, Names) {
  EXPECT_EQ(FilterByName("A85"), Filter::kAscii85);
  EXPECT_EQ(FilterByName("CCITTFaxDecode"), Filter::kImage);
  EXPECT_EQ(FilterByName("flatedecode"), std::nullopt);
}

TEST(Filters, PngPredictorsShortenRows) {
  FilterParameters parameters;
  parameters.predictor = 10;
  parameters.columns = 3;
  EXPECT_TRUE(HasPredictor(parameters));
  using std::string_literals::operator""s;
  EXPECT_EQ(Unpredict(parameters, "\0abc\2\1\1\1\1a\1\1"s), "abcbcdabc");
  EXPECT_EQ(Unpredict(parameters, "\0abc\2\1"s), "abcb");
  EXPECT_EQ(Unpredict(parameters, ""), "");
}

TEST(Filters, TiffPredictorOfOddRows) {
  FilterParameters parameters;
  parameters.predictor = 2;
  parameters.columns = 4;
  EXPECT_EQ(Unpredict(parameters, "a\1\1\1a\1"), "abcdab");
  parameters.bits_per_component = 16;
  using std::string_literals::operator""s;
  EXPECT_EQ(Unpredict(parameters, "\0a\0\1x"s), "\0a\0bx"s);
}

TEST(Filters, WrongPredictorsAreDamage) {
  FilterParameters parameters;
  parameters.predictor = 15;
  for (const std::int64_t colors : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    parameters.colors = colors;
    inflate::OutputBuffer buffer;
    EXPECT_EQ(UndoPredictor(parameters, buffer), "damaged: invalid predictor");
  }
}

}  // namespace
}  // namespace day::unpack::pdf
