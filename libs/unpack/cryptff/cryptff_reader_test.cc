#include "libs/unpack/cryptff/cryptff_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::cryptff {
namespace {

std::string Hidden(const std::string& text) {
  std::string file = std::string(kSignature) + "8 bytes.";
  for (const char c : text) {
    file += static_cast<char>(~c);
  }
  return file;
}

TEST(CryptFfReaderTest, TurnsTheBitsBack) {
  const std::string file = Hidden("the hidden file");
  CryptFfReader reader(base::AsBytes(file));
  base::Budget budget(base::BudgetLimits{});
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  const auto part = reader.Next(budget, inflater, buffer);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->name, "(content)");
  EXPECT_EQ(base::AsText(part->content), "the hidden file");
  EXPECT_EQ(part->gap, "");
  EXPECT_FALSE(reader.Next(budget, inflater, buffer).has_value());
}

TEST(CryptFfReaderTest, IsPaidAndEndsAtTheEnd) {
  base::BudgetLimits limits;
  limits.file_bytes_max = 3;
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  const std::string file = Hidden("the hidden file");
  base::Budget budget(limits);
  const auto part = CryptFfReader(base::AsBytes(file)).Next(budget, inflater, buffer);
  EXPECT_EQ(base::AsText(part->content), "the");
  EXPECT_EQ(part->gap, "limit file_bytes_max");
  const auto none = CryptFfReader(base::AsBytes(kSignature)).Next(budget, inflater, buffer);
  EXPECT_TRUE(none->content.empty());
  EXPECT_TRUE(none->has_content);
}

}  // namespace
}  // namespace day::unpack::cryptff
