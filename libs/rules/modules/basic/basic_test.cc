// What the modules hash, math, string, time, console and tests promise, most of it taken from the
// manual and checked against YARA 4.5.8.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "libs/rules/module/testing/module_probe.h"
#include "libs/rules/modules/basic/console_module.h"
#include "libs/rules/modules/basic/hash_module.h"
#include "libs/rules/modules/basic/math_module.h"
#include "libs/rules/modules/basic/string_module.h"
#include "libs/rules/modules/basic/testing/tests_module.h"
#include "libs/rules/modules/basic/time_module.h"

namespace day::rules::modules::basic {
namespace {

using module::Arg;
using module::ModuleProbe;
using ::testing::Test;

TEST(HashModule, KnowsTheStandardVectors) {
  ModuleProbe probe(CreateHashModule());
  probe.Bind("xxabcyy");
  EXPECT_EQ(probe.CallText("md5", {Arg(2), Arg(3)}), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(probe.CallText("md5", {Arg("abc")}), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(probe.CallText("sha1", {Arg(2), Arg(3)}), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(probe.CallText("sha256", {Arg("abc")}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(probe.CallInteger("crc32", {Arg("123456789")}), 0xCBF43926);
  EXPECT_EQ(probe.CallInteger("checksum32", {Arg("ab\xff")}), 0x61 + 0x62 + 0xff);
  EXPECT_EQ(probe.CallInteger("checksum32", {Arg(2), Arg(2)}), 0x61 + 0x62);
}

TEST(HashModule, CutsRangesAtTheEndAndRefusesWhatLiesOutside) {
  ModuleProbe probe(CreateHashModule());
  probe.Bind("abc");
  const auto whole = probe.CallText("md5", {Arg("abc")});
  EXPECT_EQ(probe.CallText("md5", {Arg(0), Arg(1000)}), whole);
  EXPECT_EQ(probe.CallText("md5", {Arg(0), Arg(std::numeric_limits<std::int64_t>::max())}), whole);
  EXPECT_EQ(probe.CallText("md5", {Arg(1), Arg(0)}), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(probe.CallText("md5", {Arg(3), Arg(0)}), std::nullopt);
  EXPECT_EQ(probe.CallText("md5", {Arg(-1), Arg(1)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("crc32", {Arg(0), Arg(-1)}), std::nullopt);
  probe.Bind("");
  EXPECT_EQ(probe.CallText("sha256", {Arg(0), Arg(0)}), std::nullopt);
}

TEST(HashModule, ForgetsTheLastFile) {
  ModuleProbe probe(CreateHashModule());
  probe.Bind("abc");
  const auto first = probe.CallText("sha1", {Arg(0), Arg(3)});
  probe.Bind("abd");
  EXPECT_NE(probe.CallText("sha1", {Arg(0), Arg(3)}), first);
}

TEST(HashModule, KeepsAnsweringBeyondItsCache) {
  ModuleProbe probe(CreateHashModule());
  const std::string file(kHashCacheEntriesMax + 100, 'a');
  probe.Bind(file);
  for (std::size_t i = 0; i < file.size(); ++i) {
    ASSERT_TRUE(probe.CallText("md5", {Arg(static_cast<std::int64_t>(i)), Arg(1)}).has_value());
  }
  EXPECT_EQ(probe.CallText("md5", {Arg(kHashCacheEntriesMax + 50), Arg(1)}),
            "0cc175b9c0f1b6a831c399e269772661");
}

TEST(MathModule, ArithmeticOfTheManual) {
  ModuleProbe probe(CreateMathModule());
  probe.Bind("x");
  EXPECT_EQ(probe.CallInteger("min", {Arg(0), Arg(1)}), 0);
  EXPECT_EQ(probe.CallInteger("min", {Arg(-1), Arg(1)}), 1) << "unsigned comparison";
  EXPECT_EQ(probe.CallInteger("max", {Arg(0), Arg(1)}), 1);
  EXPECT_EQ(probe.CallInteger("max", {Arg(-1), Arg(1)}), -1);
  EXPECT_EQ(probe.CallInteger("to_number", {Arg(7)}), 1);
  EXPECT_EQ(probe.CallInteger("abs", {Arg(-1)}), 1);
  EXPECT_EQ(probe.CallInteger("abs", {Arg(std::numeric_limits<std::int64_t>::min())}),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(probe.CallInteger("in_range", {Arg(2.0), Arg(1.0), Arg(3.0)}), 1);
  EXPECT_EQ(probe.CallInteger("in_range", {Arg(6.0), Arg(1.0), Arg(3.0)}), 0);
  EXPECT_EQ(probe.CallText("to_string", {Arg(-1)}), "-1");
  EXPECT_EQ(probe.CallText("to_string", {Arg(-1), Arg(10)}), "-1");
  EXPECT_EQ(probe.CallText("to_string", {Arg(-1), Arg(16)}), "ffffffffffffffff");
  EXPECT_EQ(probe.CallText("to_string", {Arg(-1), Arg(8)}), "1777777777777777777777");
  EXPECT_EQ(probe.CallText("to_string", {Arg(32), Arg(9)}), std::nullopt);
  EXPECT_EQ(probe.Get("MEAN_BYTES").real, 127.5);
}

TEST(MathModule, CountsOverRangesAndFiles) {
  ModuleProbe probe(CreateMathModule());
  probe.Bind("AABAAB");
  EXPECT_EQ(probe.CallInteger("count", {Arg(0x41), Arg(0), Arg(3)}), 2);
  EXPECT_EQ(probe.CallInteger("count", {Arg(0x41), Arg(4), Arg(10)}), 1);
  EXPECT_EQ(probe.CallInteger("count", {Arg(0x41), Arg(10), Arg(3)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("count", {Arg(0x41), Arg(0), Arg(-3)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("count", {Arg(-1)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("count", {Arg(256)}), std::nullopt);
  EXPECT_EQ(probe.CallInteger("count", {Arg(0x41)}), 4);
  EXPECT_EQ(probe.CallFloat("percentage", {Arg(0x41), Arg(0), Arg(0)}), std::nullopt);
  EXPECT_EQ(probe.CallFloat("percentage", {Arg(0x41), Arg(0), Arg(4)}), 0.75);
  EXPECT_EQ(probe.CallFloat("percentage", {Arg(0x41)}), static_cast<double>(4.0F / 6.0F));
  EXPECT_EQ(probe.CallInteger("mode", {}), 0x41);
  EXPECT_EQ(probe.CallInteger("mode", {Arg(2), Arg(1)}), 0x42);
  probe.Bind("");
  EXPECT_EQ(probe.CallInteger("count", {Arg(0)}), std::nullopt);
}

TEST(MathModule, StatisticsOfTheManual) {
  ModuleProbe probe(CreateMathModule());
  probe.Bind("CCAAACC");
  EXPECT_EQ(probe.CallFloat("entropy", {Arg("AAAAA")}), 0.0);
  EXPECT_EQ(probe.CallFloat("entropy", {Arg("")}), 0.0);
  EXPECT_EQ(probe.CallFloat("entropy", {Arg("AABB")}), 1.0);
  EXPECT_EQ(probe.CallFloat("entropy", {Arg(2), Arg(3)}), 0.0);
  EXPECT_EQ(probe.CallFloat("deviation", {Arg("ABAB"), Arg(65.0)}), 0.5);
  EXPECT_EQ(probe.CallFloat("deviation", {Arg(2), Arg(4), Arg(65.0)}), 0.5);
  EXPECT_EQ(probe.CallFloat("mean", {Arg("ABCABC")}), 66.0);
  EXPECT_EQ(probe.CallFloat("mean", {Arg("\xff")}), -1.0) << "strings are signed bytes";
  EXPECT_EQ(probe.CallFloat("mean", {Arg("")}), std::nullopt);
  EXPECT_EQ(probe.CallFloat("mean", {Arg(0), Arg(0)}), std::nullopt);
  EXPECT_EQ(probe.CallFloat("serial_correlation", {Arg("BCA")}), -0.5);
  EXPECT_EQ(probe.CallFloat("serial_correlation", {Arg("AAA")}), -100000.0);
  EXPECT_LT(*probe.CallFloat("monte_carlo_pi", {Arg("ABCDEF123456987")}), 0.3);
  EXPECT_EQ(probe.CallFloat("monte_carlo_pi", {Arg("ABCDE")}), std::nullopt);
  EXPECT_EQ(probe.CallFloat("monte_carlo_pi", {Arg(0), Arg(5)}), std::nullopt);
}

TEST(MathModule, RemembersManyRangesWithoutMixingThem) {
  ModuleProbe probe(CreateMathModule());
  std::string file;
  for (std::size_t i = 0; i < 4 * kMathRangesMax; ++i) {
    file.push_back(static_cast<char>(i));
  }
  probe.Bind(file);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < file.size(); ++i) {
      ASSERT_EQ(probe.CallFloat("mean", {Arg(static_cast<std::int64_t>(i)), Arg(1)}),
                static_cast<double>(i));
    }
  }
}

TEST(StringModule, ToIntFollowsStrtoll) {
  const auto parse = [](std::string_view text, int base = 0) { return ParseInteger(text, base); };
  EXPECT_EQ(parse("1234"), 1234);
  EXPECT_EQ(parse("-1"), -1);
  EXPECT_EQ(parse(" \t+1"), 1);
  EXPECT_EQ(parse("0x10"), 16);
  EXPECT_EQ(parse("010"), 8);
  EXPECT_EQ(parse("10", 8), 8);
  EXPECT_EQ(parse("0X1f", 16), 31);
  EXPECT_EQ(parse("z", 36), 35);
  EXPECT_EQ(parse("0"), 0);
  EXPECT_EQ(parse("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse(std::string_view("12\0x", 4)), 12);
  for (const char* bad : {"9223372036854775808", "-9223372036854775809", "FOO", "10A20", "", "   -",
                          " +0x", "0x", "08", "+-1", "1 ", "0b1", "99999999999999999999999"}) {
    EXPECT_EQ(parse(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse("0x1", 8), std::nullopt);
}

TEST(StringModule, FunctionsCheckTheBase) {
  ModuleProbe probe(CreateStringModule());
  probe.Bind("");
  for (const int base : {-1, 1, 37}) {
    EXPECT_EQ(probe.CallInteger("to_int", {Arg("1"), Arg(base)}), std::nullopt);
  }
  EXPECT_EQ(probe.CallInteger("to_int", {Arg("11"), Arg(2)}), 3);
  EXPECT_EQ(probe.CallInteger("to_int", {Arg("0x10")}), 16);
  EXPECT_EQ(probe.CallInteger("length", {Arg(std::string_view("AXS\0ERS", 7))}), 7);
}

TEST(TimeModule, AsksItsClock) {
  ModuleProbe fixed(CreateTimeModule([] { return std::int64_t{1700000000}; }));
  fixed.Bind("");
  EXPECT_EQ(fixed.CallInteger("now", {}), 1700000000);
  ModuleProbe real(CreateTimeModule());
  real.Bind("");
  EXPECT_GT(*real.CallInteger("now", {}), 1600000000);
}

TEST(ConsoleModule, WritesYarasLines) {
  ModuleProbe probe(CreateConsoleModule());
  probe.Bind("");
  EXPECT_EQ(probe.CallInteger("log", {Arg(std::string_view("a\0\n\xff z", 6))}), 1);
  EXPECT_EQ(probe.CallInteger("log", {Arg(std::string_view("m\0n", 3)), Arg("x\t")}), 1);
  EXPECT_EQ(probe.CallInteger("log", {Arg(-5)}), 1);
  EXPECT_EQ(probe.CallInteger("log", {Arg("i: "), Arg(7)}), 1);
  EXPECT_EQ(probe.CallInteger("log", {Arg(1.5)}), 1);
  EXPECT_EQ(probe.CallInteger("log", {Arg("f="), Arg(-0.1)}), 1);
  EXPECT_EQ(probe.CallInteger("hex", {Arg(-1)}), 1);
  EXPECT_EQ(probe.CallInteger("hex", {Arg("h"), Arg(255)}), 1);
  EXPECT_EQ(probe.CallInteger("log", {Arg("")}), 1);
  EXPECT_EQ(probe.lines(),
            (std::vector<std::string>{"a\\x00\\x0a\\xff z", "mx\\x09", "-5", "i: 7", "1.500000",
                                      "f=-0.100000", "0xffffffffffffffff", "h0xff", ""}));
}

TEST(TestsModule, HoldsLibyarasValues) {
  ModuleProbe probe(CreateTestsModule());
  probe.Bind("", "data");
  EXPECT_EQ(probe.Integer("constants.two"), 2);
  EXPECT_EQ(probe.Text("constants.empty"), "");
  EXPECT_EQ(probe.Integer("undefined.i"), std::nullopt);
  EXPECT_EQ(probe.Text("module_data"), "data");
  EXPECT_EQ(probe.Length("integer_array"), 257);
  EXPECT_EQ(probe.Integer("integer_array[256]"), 256);
  EXPECT_EQ(probe.Integer("integer_array[3]"), std::nullopt);
  EXPECT_EQ(probe.Text("string_array[3]"), std::string("foo\0bar", 7));
  EXPECT_EQ(probe.Text("string_dict[\"bar\"]"), "bar");
  EXPECT_EQ(probe.KeyAt("string_dict", 0), "foo");
  EXPECT_EQ(probe.Integer("struct_array[1].i"), 1);
  EXPECT_EQ(probe.Text("struct_dict[\"foo\"].s"), "foo");
  EXPECT_EQ(probe.Length("empty_struct_array[0].struct_dict"), std::nullopt);
  EXPECT_EQ(probe.CallInteger("isum", {Arg(1), Arg(2), Arg(3)}), 6);
  EXPECT_EQ(probe.CallFloat("fsum", {Arg(1.0), Arg(2.5)}), 3.5);
  EXPECT_EQ(probe.CallText("foobar", {Arg(9)}), "oops");
  EXPECT_EQ(probe.CallInteger("length", {Arg(std::string_view("ab\0c", 4))}), 2);
  const module::StdRegexArgument regex("o+");
  EXPECT_EQ(probe.CallInteger("match", {Arg(regex), Arg("foo")}), 2);
  EXPECT_EQ(probe.CallInteger("match", {Arg(regex), Arg("bar")}), -1);
}

}  // namespace
}  // namespace day::rules::modules::basic
