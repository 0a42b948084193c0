#include "libs/wire/json.h"

#include <gtest/gtest.h>

#include <string>

#include "libs/wire/percent.h"

namespace day::wire {
namespace {

using base::AsBytes;
using base::ErrorKind;

base::Result<Json> Parse(std::string_view text) { return ParseJson(AsBytes(text), JsonLimits{}); }

std::string Canonical(std::string_view text) { return CanonicalJson(Parse(text).value()); }

TEST(Json, CanonicalFormSortsAndKeepsTexts) {
  EXPECT_EQ(Canonical(R"( { "b" : [1, 2 ,-3], "a": null, "c": {"y":true,"x":false}, "": "" } )"),
            R"({"":"","a":null,"b":[1,2,-3],"c":{"x":false,"y":true}})");
  EXPECT_EQ(Canonical(R"("a\"b\\c\n\u00e9\/")"), "\"a\\\"b\\\\c\n\xC3\xA9/\"");
  EXPECT_EQ(Canonical(R"({"\uFFFF":1,"\uD83D\uDE00":2})"),
            "{\"\xEF\xBF\xBF\":1,\"\xF0\x9F\x98\x80\":2}");  // by code point, not by UTF-16 unit
  EXPECT_EQ(Canonical("[]"), "[]");
  EXPECT_EQ(Canonical("-9223372036854775808"), "-9223372036854775808");
}

TEST(Json, RefusesWhatReadersDisagreeOn) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "{\"a\":1 \"b\":2}",
                           "{'a':1}",
                           "nul",
                           "[1] 2",
                           "01",
                           "+1",
                           "\"\x01\"",
                           "\"\xff\"",
                           "\"\xC0\x80\"",
                           "\"\\ud800\"",
                           "\"\\x\"",
                           "// c\n1",
                           "NaN",
                           "\xEF\xBB\xBF{}",
                           "{\"a\":1,\"a\":1}",
                           "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}"}) {
    EXPECT_EQ(Parse(text).error().kind, ErrorKind::kMalformed) << text;
  }
  for (const char* text : {"1.0", "1e3", "9223372036854775808", "-9223372036854775809",
                           "123456789012345678901234567890"}) {
    EXPECT_EQ(Parse(text).error().kind, ErrorKind::kUnsupported) << text;
  }
}

TEST(Json, LimitsHold) {
  const JsonLimits limits{.size_max_bytes = 64, .depth_max = 4, .values_max = 8};
  const auto kind = [&](std::string_view text) {
    const auto parsed = ParseJson(AsBytes(text), limits);
    return parsed.ok() ? "ok" : std::string(base::ErrorKindName(parsed.error().kind));
  };
  EXPECT_EQ(kind("[[[[]]]]"), "ok");
  EXPECT_EQ(kind("[[[[[]]]]]"), "limit");
  EXPECT_EQ(kind("[1,2,3,4,5,6,7]"), "ok");
  EXPECT_EQ(kind("[1,2,3,4,5,6,7,8]"), "limit");
  EXPECT_EQ(kind(std::string(65, ' ')), "limit");
  EXPECT_EQ(Parse(std::string(1'000'000, '[')).error().kind, ErrorKind::kLimit);
}

TEST(Json, MembersAreFoundSetAndRemoved) {
  Json json = Parse(R"({"b":2,"a":1})").value();
  EXPECT_EQ(json.Find("a")->integer(), 1);
  EXPECT_EQ(json.Find("c"), nullptr);
  json.Set("c", Json::Text("x"));
  json.Set("a", Json::Bool(true));
  EXPECT_TRUE(json.Remove("b"));
  EXPECT_FALSE(json.Remove("b"));
  EXPECT_EQ(CanonicalJson(json), R"({"a":true,"c":"x"})");
  EXPECT_EQ(json, Parse(R"({"c":"x","a":true})").value());
  EXPECT_FALSE(json == Parse(R"({"c":"x","a":false})").value());
}

TEST(Json, OrdinaryFormReadsBackTheSame) {
  const Json json = Parse("{\"a\\u0000\\u0007\":[\"\\u0085\\n\",-1,null,{}],\"z\":[]}").value();
  for (const JsonLayout layout : {JsonLayout::kOneLine, JsonLayout::kIndented}) {
    EXPECT_EQ(Parse(WriteJson(json, layout)).value(), json);
  }
}

TEST(Percent, Encodes) {
  EXPECT_EQ(PercentEncode("a/b c?#%\xC3\xA9~"), "a%2Fb%20c%3F%23%25%C3%A9~");
  EXPECT_EQ(PercentEncode("a/b", "/"), "a/b");
}

}  // namespace
}  // namespace day::wire
