#include "libs/base/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace day::base {
namespace {

TEST(Base64, Rfc4648) {
  const std::pair<const char*, const char*> kCases[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : kCases) {
    EXPECT_EQ(EncodeBase64(AsBytes(plain)), encoded);
    EXPECT_EQ(DecodeBase64(encoded), plain);
    EXPECT_EQ(Base64Size(std::string_view(plain).size()), std::string_view(encoded).size());
  }
}

TEST(Base64, OneSpellingOnly) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 8", "Zm9v\n", "====", "Z===",
                           "=Zg=", "Zg==Zg==", "Zm-_", "Zm9v=", "\xff\xff\xff\xff"}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

TEST(Base64, EveryTextThatDecodesIsTheEncodingOfWhatItDecodesTo) {
  const std::string alphabet = "AZg/=+9 ";
  std::string text(4, 'A');
  for (std::size_t n = 0; n < alphabet.size() * alphabet.size() * alphabet.size() * alphabet.size();
       ++n) {
    std::size_t rest = n;
    for (char& c : text) {
      c = alphabet[rest % alphabet.size()];
      rest /= alphabet.size();
    }
    const auto bytes = DecodeBase64(text);
    if (bytes) {
      EXPECT_EQ(EncodeBase64(AsBytes(*bytes)), text);
    }
  }
}

TEST(Base64, AllBytes) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<char>(i));
  }
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::string part = all.substr(0, size);
    EXPECT_EQ(DecodeBase64(EncodeBase64(AsBytes(part))), part);
  }
}

}  // namespace
}  // namespace day::base
