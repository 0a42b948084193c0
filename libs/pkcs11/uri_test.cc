#include "libs/pkcs11/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace day::pkcs11 {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Uri, NamesAKeyAndHowToReachIt) {
  const Uri uri = ParseUri(
                      "pkcs11:token=The%20team;object=alice;id=%00%ff;slot-id=7"
                      "?module-path=/usr/lib/m.so&pin-source=file:///run/pin")
                      .value();
  EXPECT_EQ(uri.token, "The team");
  EXPECT_EQ(uri.object, "alice");
  EXPECT_EQ(uri.id, std::string("\0\xff", 2));
  EXPECT_EQ(uri.slot_id, 7u);
  EXPECT_FALSE(uri.serial);
  EXPECT_EQ(uri.module_path, "/usr/lib/m.so");
  EXPECT_EQ(uri.pin_source, "/run/pin");
  EXPECT_EQ(UriName(uri), "pkcs11:token=The%20team;object=alice;id=%00%FF;slot-id=7");
}

TEST(Uri, EveryAttribute) {
  const std::string text =
      "pkcs11:token=a;manufacturer=b;serial=c;model=d;slot-manufacturer=e;slot-description=f;"
      "library-manufacturer=g;library-description=h;library-version=2.6;object=i;id=j;type=private;"
      "slot-id=18446744073709551615";
  EXPECT_EQ(UriName(ParseUri(text).value()), text);
  EXPECT_EQ(ParseUri("PKCS11:").value(), Uri{});
  EXPECT_EQ(ParseUri("pkcs11:?pin-value=a%26b").value().pin_value, "a&b");
  EXPECT_EQ(ParseUri("pkcs11:token=").value().token, "");
  EXPECT_EQ(ParseUri("pkcs11:object=a&b=c:[]@!$'()*+,").value().object, "a&b=c:[]@!$'()*+,");
  for (const char* source : {"/run/pin", "file:/run/pin", "file:///run/pin", "file:%2Frun%2Fpin"}) {
    EXPECT_EQ(ParseUri(std::string("pkcs11:?pin-source=") + source)->pin_source, "/run/pin");
  }
  EXPECT_EQ(ParseUri("pkcs11:?pin-source=a/b:c")->pin_source, "a/b:c");
}

TEST(Uri, WhatIsRefused) {
  for (const char* bad : {"",
                          "pkcs11",
                          "pkcs12:",
                          "http:",
                          "pkcs11:token",
                          "pkcs11:token=a;",
                          "pkcs11:;token=a",
                          "pkcs11:token=a;;object=b",
                          "pkcs11:token=a;token=b",
                          "pkcs11:token=%2",
                          "pkcs11:token=%2x",
                          "pkcs11:token=a b",
                          "pkcs11:token=a/b",
                          "pkcs11:token=a%00b",
                          "pkcs11:token=a#b",
                          "pkcs11:token=\xc3\xa4",
                          "pkcs11:slot-id=",
                          "pkcs11:slot-id=-1",
                          "pkcs11:slot-id=1x",
                          "pkcs11:slot-id=18446744073709551616",
                          "pkcs11:?module-path=m.so",
                          "pkcs11:?module-path=",
                          "pkcs11:?pin-value=1&pin-source=/a",
                          "pkcs11:?pin-value=1&pin-value=1",
                          "pkcs11:?&",
                          "pkcs11:?pin-value=1;2"}) {
    EXPECT_EQ(ParseUri(bad).ok() ? ErrorKind::kInternal : ParseUri(bad).error().kind,
              ErrorKind::kMalformed)
        << bad;
  }
  for (const char* bad :
       {"pkcs11:colour=red", "pkcs11:?module-name=softhsm2", "pkcs11:?pin-souce=/a",
        "pkcs11:?pin-source=|cat%20pin", "pkcs11:?pin-source=https:%2F%2Fa", "pkcs11:Token=a"}) {
    EXPECT_EQ(ParseUri(bad).ok() ? ErrorKind::kInternal : ParseUri(bad).error().kind,
              ErrorKind::kUnsupported)
        << bad;
  }
  EXPECT_EQ(ParseUri("pkcs11:" + std::string(kUriMaxBytes, 'a')).error().kind, ErrorKind::kLimit);
}

TEST(Uri, MessagesTellNoPin) {
  EXPECT_THAT(ParseUri("pkcs11:?pin-value=12 34").error().message, Not(HasSubstr("34")));
  EXPECT_THAT(ParseUri("pkcs11:?pin-value=1234&pin-value=1234").error().message,
              Not(HasSubstr("1234")));
  EXPECT_THAT(UriName(ParseUri("pkcs11:token=a?pin-value=1234").value()), Not(HasSubstr("1234")));
}

}  // namespace
}  // namespace day::pkcs11
