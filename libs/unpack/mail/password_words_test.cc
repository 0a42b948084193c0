#include "libs/unpack/mail/password_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace day::unpack::mail {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Passwords(std::string_view text) {
  std::vector<std::string> passwords;
  AddPasswords(text, passwords);
  return passwords;
}

TEST(PasswordWordsTest, InManyLanguages) {
  for (const char* text :
       {"Password: x7Y!z", "the PASSWORD for the zip file is x7Y!z", "pwd=x7Y!z",
        "Das Passwort lautet: x7Y!z", "Kennwort x7Y!z", "mot de passe : x7Y!z", "Clave: x7Y!z",
        "contrase\xC3\xB1"
        "a: \"x7Y!z\"",
        "Senha: x7Y!z", "Has\xC5\x82o: x7Y!z", "Wachtwoord: x7Y!z",
        "\xD0\x9F\xD0\xB0\xD1\x80\xD0\xBE\xD0\xBB\xD1\x8C: x7Y!z",
        "\xE5\xAF\x86\xE7\xA0\x81\xEF\xBC\x9Ax7Y!z", "<p>Password:&nbsp;<b>x7Y!z</b></p>",
        "password:\n\n  x7Y!z\nBye"}) {
    EXPECT_THAT(Passwords(text), Contains("x7Y!z")) << text;
  }
}

TEST(PasswordWordsTest, WithAndWithoutWhatIsAroundIt) {
  EXPECT_THAT(Passwords("Password: 'abc'."), ElementsAre("abc'.", "abc"));
  EXPECT_THAT(Passwords("Password: 1234. password: 1234."), Contains("1234"));
  EXPECT_THAT(Passwords("no word of it"), IsEmpty());
  EXPECT_THAT(Passwords("password"), IsEmpty());
  EXPECT_THAT(Passwords("password: " + std::string(100, 'x')), IsEmpty());
}

TEST(PasswordWordsTest, Limits) {
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += "password: " + std::to_string(i) + "\n";
  }
  EXPECT_EQ(Passwords(many).size(), kCandidatesMax);
  EXPECT_THAT(Passwords(std::string(kTextBytesMax, ' ') + "password: 1"), IsEmpty());
}

}  // namespace
}  // namespace day::unpack::mail
