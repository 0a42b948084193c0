#include "libs/wire/json_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "libs/wire/codec.h"

namespace day::wire {
namespace {

std::string Quote(std::string_view text) {
  std::string out;
  AppendJsonText(text, &out);
  return out;
}

TEST(JsonWriter, WritesNestedValues) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Field("a", std::uint64_t{1});
  json.Key("b");
  json.BeginArray();
  json.Null();
  json.Signed(-5);
  json.Real(0.5);
  json.BeginObject();
  json.EndObject();
  json.EndArray();
  json.Field("c", true);
  json.EndObject();
  EXPECT_EQ(out, R"({"a":1,"b":[null,-5,0.5,{}],"c":true})");
}

TEST(JsonWriter, IndentedOutputIsTheSameValue) {
  std::string out;
  JsonWriter json(&out, JsonLayout::kIndented);
  json.BeginObject();
  json.Key("list");
  json.BeginArray();
  json.Unsigned(1);
  json.Unsigned(2);
  json.EndArray();
  json.Key("none");
  json.BeginArray();
  json.EndArray();
  json.EndObject();
  EXPECT_EQ(out, "{\n  \"list\": [\n    1,\n    2\n  ],\n  \"none\": []\n}");
}

TEST(JsonWriter, EscapesWhatATerminalMayObey) {
  EXPECT_EQ(Quote("a\"b\\c\n\x1B[0m\x7F\xC2\x9B"), R"("a\"b\\c\n\u001b[0m\u007f\u009b")");
}

TEST(JsonWriter, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(Quote("\xC3\xA9\xFF\xC3"), "\"\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quote("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // a surrogate
  EXPECT_EQ(Quote("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                  // overlong
}

TEST(JsonWriter, AnyTwoBytesGiveTextThatAnotherParserReads) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
      const auto parsed = nlohmann::json::parse(Quote(bytes), nullptr, false);
      ASSERT_FALSE(parsed.is_discarded()) << first << " " << second;
      if (IsUtf8(bytes)) {
        ASSERT_EQ(parsed.get<std::string>(), bytes);
      }
    }
  }
}

TEST(PrintableText, ShowsControlsAndForeignBytes) {
  EXPECT_EQ(PrintableText("ok\xC3\xA9\x1B\xFF\n"), "ok\xC3\xA9\\x1b\\xff\\x0a");
}

TEST(Codec, RoundTripsEveryField) {
  std::string bytes;
  Encoder encoder(&bytes);
  encoder.U8(1);
  encoder.U16(0x1234);
  encoder.U32(0xDEADBEEF);
  encoder.U64(~std::uint64_t{0});
  encoder.I64(-2);
  encoder.F64(1.5);
  encoder.Bool(true);
  encoder.Text("text");
  Decoder decoder(base::AsBytes(bytes));
  EXPECT_EQ(decoder.U8(), 1);
  EXPECT_EQ(decoder.U16(), 0x1234);
  EXPECT_EQ(decoder.U32(), 0xDEADBEEF);
  EXPECT_EQ(decoder.U64(), ~std::uint64_t{0});
  EXPECT_EQ(decoder.I64(), -2);
  EXPECT_EQ(decoder.F64(), 1.5);
  EXPECT_TRUE(decoder.Bool());
  EXPECT_EQ(decoder.Text(4), "text");
  EXPECT_TRUE(decoder.Finish("test").ok());
}

TEST(Codec, RefusesWhatExceedsItsLimits) {
  std::string bytes;
  Encoder(&bytes).Text("text");
  Decoder too_long(base::AsBytes(bytes));
  EXPECT_EQ(too_long.Text(3), "");
  EXPECT_FALSE(too_long.Finish("test").ok());

  std::string count;
  Encoder(&count).Count(1000);
  Decoder no_room(base::AsBytes(count));
  EXPECT_EQ(no_room.Count(2000, 1), 0u);  // no bytes follow
  EXPECT_FALSE(no_room.ok());

  Decoder leftover(base::AsBytes(bytes));
  (void)leftover.U8();
  EXPECT_FALSE(leftover.Finish("test").ok());

  Decoder not_bool(base::AsBytes(std::string_view("\x02", 1)));
  EXPECT_FALSE(not_bool.Bool());
  EXPECT_FALSE(not_bool.ok());
  EXPECT_EQ(not_bool.U64(), 0u);
}

}  // namespace
}  // namespace day::wire
