#include "libs/unpack/mail/mail_limits.h"

#include <gtest/gtest.h>

#include <string>

namespace day::unpack::mail {
namespace {

std::string Times(std::size_t count, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

TEST(MailLimitsTest, EachHasItsLimit) {
  EXPECT_EQ(HeaderExcess("A: b\r\n\r\n" + Times(5000, "C: d\n")), Excess::kNone);
  EXPECT_EQ(HeaderExcess(Times(1024, "A: b\n") + "\n"), Excess::kNone);
  EXPECT_EQ(HeaderExcess(Times(1025, "A: b\n")), Excess::kHeaders);
  EXPECT_EQ(HeaderExcess("A: " + std::string(300 * 1024, 'x')), Excess::kHeaderBytes);
  EXPECT_EQ(HeaderExcess("A: b\n" + Times(256 * 1024, "\t\n")), Excess::kHeaderBytes);
  EXPECT_EQ(HeaderExcess("Content-Type: a/b" + Times(255, ";c=d")), Excess::kNone);
  EXPECT_EQ(HeaderExcess("content-type: a/b" + Times(255, ";c=d") + "\n ;c=d"), Excess::kArguments);
  EXPECT_EQ(HeaderExcess("X-Type: a/b" + Times(300, ";c=d")), Excess::kNone);
}

}  // namespace
}  // namespace day::unpack::mail
