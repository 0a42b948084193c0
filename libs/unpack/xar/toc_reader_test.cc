#include "libs/unpack/xar/toc_reader.h"

#include <gtest/gtest.h>

#include <tuple>

namespace day::unpack::xar {
namespace {

constexpr std::uint64_t kNone = 999;

// Name, offset, length and size of each entry; kNone for what is missing.
using Row = std::tuple<std::string, std::uint64_t, std::uint64_t, std::uint64_t>;
std::vector<Row> Rows(std::string_view text) {
  TocReader reader(text);
  std::vector<Row> rows;
  while (const auto entry = reader.Next()) {
    rows.emplace_back(entry->name, entry->offset.value_or(kNone), entry->length.value_or(kNone),
                      entry->size.value_or(kNone));
  }
  return rows;
}

TEST(TocReaderTest, PathsComeFromNamesBeforeAndBehind) {
  EXPECT_EQ(
      Rows("<toc><file><name>dir</name><file><name>a</name><data><length>1</length>"
           "<offset>2</offset><size>3</size></data></file><file><data><length>4</length>"
           "<offset>5</offset></data><ea><name>x</name></ea><name>b</name></file></file>"
           "<file><data><offset>6</offset><length>7</length></data></file></toc>"),
      (std::vector<Row>{{"dir/a", 2, 1, 3}, {"dir/b", 5, 4, kNone}, {"(file)", 6, 7, kNone}}));
}

TEST(TocReaderTest, NamesAreDecoded) {
  constexpr std::string_view kData = "<data><length>1</length><offset>2</offset></data></file>";
  const std::string text = "<file><name>a&amp;&#66;&#x43;&none;&</name>" + std::string(kData) +
                           "<file><name enctype='base64'>YWI=</name>" + std::string(kData) +
                           "<file><name enctype=\"base64\">?</name>" + std::string(kData);
  EXPECT_EQ(
      Rows(text),
      (std::vector<Row>{{"a&BC&none;&", 2, 1, kNone}, {"ab", 2, 1, kNone}, {"?", 2, 1, kNone}}));
}

TEST(TocReaderTest, AttributesHaveTheirNames) {
  EXPECT_EQ(Rows("<file><ea id='0'><name>n</name><length>1</length><offset>2</offset></ea>"
                 "<name>f</name></file>"),
            (std::vector<Row>{{"f/(attribute n)", 2, 1, kNone}}));
}

TEST(TocReaderTest, ChecksumsAndEmptyDataAreNoEntries) {
  EXPECT_TRUE(Rows("<toc><checksum style='sha1'><offset>0</offset><size>20</size></checksum>"
                   "<signature><offset>20</offset><size>256</size></signature>"
                   "<file><name>a</name><data/></file><file><data></data></file></toc>")
                  .empty());
}

TEST(TocReaderTest, MangledTagsLoseNoData) {
  const std::vector<Row> expected = {{"a", 2, 1, 3}, {"a", 5, 4, 6}};
  for (const std::string_view text :
       {"<file><name>a</name><data><length>1</length><offset>2</offset><size>3</size></dxta>"
        "<data><length>4</length><offset>5</offset><size>6</size>",
        "<file><name>a</nam<data><length>1</length<offset>2</offset><size>3</ize><data>"
        "<length>4</length><offset>5</offset><size>6",
        "<file><name>a</name><x:data><length> +1 </length><offset><!-- <offset> -->2</offset>"
        "<size>3</size></x:data><checksum><data><length>4x</length><offset>+</offset>"
        "<offset>5</offset><size>&#54;</size></file>",
        "<file id=\"1><name>a</name><data><length>1<offset>2<size>3<data a='>'><length>4"
        "<offset>5<size>6"}) {
    EXPECT_EQ(Rows(text), expected) << text;
  }
  // Without a tag of its own.
  EXPECT_EQ(Rows("<dxta><length>1</length><offset>2</offset></data>"),
            (std::vector<Row>{{"(file)", 2, 1, kNone}}));
  EXPECT_EQ(Rows("<datalength>1</length><offset>2</offset></data>"),
            (std::vector<Row>{{"(file)", 2, kNone, kNone}}));
}

TEST(TocReaderTest, WhatIsSaidTwiceIsGivenTwice) {
  EXPECT_EQ(Rows("<data><length>1</length><offset>2</offset><offset>3</offset></data>"),
            (std::vector<Row>{{"(file)", 2, 1, kNone}, {"(file)", 3, 1, kNone}}));
  TocReader reader(
      "<data><length>1</length><offset>2</offset><encoding style='a'/><encoding style='b'/>");
  EXPECT_EQ(reader.Next()->encoding, "a");
  EXPECT_EQ(reader.Next()->encoding, "b");
  EXPECT_FALSE(reader.Next());
}

TEST(TocReaderTest, MissingAndMonstrousNumbers) {
  EXPECT_EQ(Rows("<data><length>-1</length><offset>2</offset></data>"
                 "<data><length>18446744073709551616</length><offset>x</offset></data>"
                 "<data><size>1</size></data>"),
            (std::vector<Row>{{"(file)", 2, kNone, kNone},
                              {"(file)", kNone, ~std::uint64_t{0}, kNone},
                              {"(file)", kNone, kNone, 1}}));
}

TEST(TocReaderTest, DocumentsAreGivenOnce) {
  TocReader reader("<subdoc/><subdoc subdoc_name='a'>1<subdoc>2</subdoc>3</subdoc><subdoc>4");
  EXPECT_EQ(reader.Next()->document, "1<subdoc>2");
  EXPECT_EQ(reader.Next()->document, "4");
  EXPECT_FALSE(reader.Next());
}

TEST(TocReaderTest, DeepFilesKeepTheirOwnNames) {
  constexpr int kDepth = 100'000;
  std::string text;
  for (int i = 0; i < kDepth; ++i) {
    text += "<file><name>" + std::to_string(i) + "</name>";
  }
  text += "<data><length>1</length><offset>2</offset></data>";
  for (int i = 0; i < kDepth; ++i) {
    text += "</file>";
  }
  text += "<file><name>b</name><data><length>3</length><offset>4</offset></data></file>";
  const std::vector<Row> rows = Rows(text);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(std::get<0>(rows[0]).starts_with("0/1/2/"));
  EXPECT_TRUE(std::get<0>(rows[0]).ends_with("/99999"));
  EXPECT_EQ(rows[1], (Row{"b", 4, 3, kNone}));
}

}  // namespace
}  // namespace day::unpack::xar
