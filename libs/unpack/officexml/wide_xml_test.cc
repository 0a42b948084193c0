#include "libs/unpack/officexml/wide_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace day::unpack::officexml {
namespace {

std::string Wide(std::string_view text, bool is_big_endian) {
  std::string out;
  for (const char c : text) {
    out += is_big_endian ? '\0' : c;
    out += is_big_endian ? c : '\0';
  }
  return out;
}

bool Is(const std::string& file) { return WideXmlReader::IsWideXml(base::AsBytes(file)); }

std::string Read(const std::string& file, const base::BudgetLimits& limits = {}) {
  WideXmlReader reader(base::AsBytes(file));
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  const auto part = reader.Next(budget, inflater, buffer);
  if (!part) {
    return std::string(reader.problem());
  }
  EXPECT_FALSE(reader.Next(budget, inflater, buffer));
  return part->gap + std::string(base::AsText(part->content));
}

TEST(WideXmlTest, ReadsBothOrdersWithAndWithoutMarks) {
  const std::string xml = "<?xml version=\"1.0\"?><a>b</a>";
  for (const bool is_big_endian : {false, true}) {
    const std::string mark = is_big_endian ? "\xFE\xFF" : "\xFF\xFE";
    for (const std::string& file : {Wide(xml, is_big_endian), mark + Wide(xml, is_big_endian)}) {
      EXPECT_TRUE(Is(file));
      EXPECT_EQ(Read(file), xml);
    }
    EXPECT_TRUE(Is(mark + Wide("\r\n <macrosheet>", is_big_endian)));
    EXPECT_FALSE(Is(mark + Wide("no < xml", is_big_endian)));
    EXPECT_FALSE(Is(mark + Wide("<HTML>", is_big_endian)));
    EXPECT_FALSE(Is(mark + Wide("<!DOCTYPE html>", is_big_endian)));
    EXPECT_FALSE(Is(mark));
  }
  EXPECT_FALSE(Is(xml));
  EXPECT_FALSE(Is(""));
}

TEST(WideXmlTest, LimitsAreSaid) {
  const std::string file = Wide("<a>" + std::string(1000, 'x'), false);
  base::BudgetLimits limits;
  limits.bytes_out_max = 4;
  EXPECT_EQ(Read(file, limits), "limit bytes_out_max<a>x");
  limits = {};
  limits.steps_max = 100;
  EXPECT_EQ(Read(file, limits), "limit steps_max");
}

}  // namespace
}  // namespace day::unpack::officexml
