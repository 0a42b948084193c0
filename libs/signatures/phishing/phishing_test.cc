#include <gtest/gtest.h>

#include <string>

#include "libs/crypto/hash.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/phishing/address.h"
#include "libs/signatures/phishing/address_hash.h"
#include "libs/signatures/phishing/phishing_matcher.h"

namespace day::signatures::phishing {
namespace {

std::string Hash(std::string_view text) {
  return std::string(crypto::HexDigest(crypto::Sha256(base::AsBytes(text))).view());
}

PhishingMatcher Matcher() {
  std::string lists;
  AppendList("a.pdb", "# no line\nH:paybank.com\nR:.+\\.evil\\.org([/?].*)?:.+\\.trusted\\.net\n",
             &lists);
  AppendList("a.wdb", "M:partner.com:paybank.com\nX:.+\\.cdn\\.net([/?].*)?:.+\\.paybank\\.com\n",
             &lists);
  AppendList("a.gdb",
             "S1:F:" + Hash("bad.org/") + "\nS:W:" + Hash("ok.com/") + "\nS:F:" + Hash("ok.com/") +
                 "\nS2:F:" + Hash("net.org/a/") + "\nS:P:01020304\n",
             &lists);
  return PhishingMatcher(lists);
}

Suspicion Judge(std::string_view real, std::string_view shown, PhishingOptions options = {}) {
  PhishingMatcher matcher = Matcher();
  return matcher.Judge({real, shown, true, false}, options);
}

TEST(PhishingTest, ImitatedHostsAreFound) {
  for (const char* shown :
       {"paybank.com", "www.paybank.com", "http://www.paybank.com/x?y", "Go to paybank.com",
        "w w w . p a y b a n k . c o m", "WWW.PAYBANK.COM", "www.paybank.com.", "www.paybank%2Ecom",
        "\"www.paybank.com\"", "http://x@www.paybank.com", "http:/www.paybank.com"}) {
    EXPECT_EQ(Judge("http://evil.example/", shown), Suspicion::kSpoofedDomain) << shown;
  }
  EXPECT_EQ(Judge("http://www.evil.org/", "www.trusted.net"), Suspicion::kSpoofedDomain);
}

TEST(PhishingTest, OthersAreNot) {
  for (const char* shown : {"here", "", "notpaybank.com", "paybank.com.example.org",
                            "a@paybank.com", "www.other.com", "paybank"}) {
    EXPECT_EQ(Judge("http://evil.example/", shown), Suspicion::kNone) << shown;
  }
  for (const char* real : {"http://x.paybank.com/", "http://partner.com/", "http://a.partner.com",
                           "http://a.cdn.net/x?y", "login.html", "mailto:a@b.org", "#x",
                           "http://a..b/", "javascript:x()"}) {
    EXPECT_EQ(Judge(real, "www.paybank.com"),
              std::string_view(real).find("partner") != std::string_view::npos
                  ? Suspicion::kSpoofedDomain  // the pair is for paybank.com alone
                  : Suspicion::kNone)
        << real;
  }
  EXPECT_EQ(Judge("http://a.partner.com", "paybank.com"), Suspicion::kNone);
}

TEST(PhishingTest, HowItIsHiddenIsSaid) {
  EXPECT_EQ(Judge("http://10.1.2.3:80/", "www.paybank.com"), Suspicion::kNumericAddress);
  EXPECT_EQ(Judge("http://www.paybank.com@evil.org/", "www.paybank.com"), Suspicion::kUserName);
  EXPECT_EQ(Judge("http://paybank.com:x@evil.org/", "www.paybank.com"), Suspicion::kUserName);
  EXPECT_EQ(Judge("http://evil.org#@paybank.com/", "www.paybank.com"), Suspicion::kSpoofedDomain);
  EXPECT_EQ(Judge("http://evil.org%00.paybank.com/", "paybank.com"), Suspicion::kNullByte);
  EXPECT_EQ(Judge("HTTP://EVIL.ORG/", "https://paybank.com"), Suspicion::kSslSpoof);
  EXPECT_EQ(Judge("https://paybank.com/", "http://paybank.com"), Suspicion::kNone);
}

TEST(PhishingTest, WithoutListsOnlyIfAskedFor) {
  EXPECT_EQ(Judge("http://a.com/", "https://b.com"), Suspicion::kNone);
  EXPECT_EQ(Judge("http://a.com/", "https://b.com", {true, false}), Suspicion::kSslSpoof);
  EXPECT_EQ(Judge("http://a.com%00b.com/", "http://b.com"), Suspicion::kNone);
  EXPECT_EQ(Judge("http://a.com%00b.com/", "http://b.com", {false, true}), Suspicion::kNullByte);
  EXPECT_FALSE(PhishingMatcher::HasLists({}));
}

TEST(PhishingTest, ListedAddresses) {
  for (const char* real : {"http://bad.org/", "http://a.b.BAD.org:80/x?y#z", "ftp://u:p@bad.org",
                           "http://%62ad.org/", "http:///bad.org/../x"}) {
    EXPECT_EQ(Judge(real, ""), Suspicion::kBlockedList) << real;
  }
  EXPECT_EQ(Judge("http://net.org/a/b", "here"), Suspicion::kPhishingList);
  EXPECT_EQ(Judge("http://net.org/x/../a/./b", "here"), Suspicion::kPhishingList);
  EXPECT_EQ(Judge("http://net.org/b", "here"), Suspicion::kNone);
  EXPECT_EQ(Judge("http://ok.com/", "here"), Suspicion::kNone);
}

TEST(PhishingTest, HashedTextsAreHostsEndsAndPathsBeginnings) {
  const auto texts = HashedTexts("http://a.b.c/1/2.html?q=1");
  const std::vector<std::string> wanted = {
      "b.c/",   "b.c/1/",   "b.c/1/2.html",   "b.c/1/2.html?q=1",
      "a.b.c/", "a.b.c/1/", "a.b.c/1/2.html", "a.b.c/1/2.html?q=1"};
  EXPECT_EQ(texts, wanted);
  EXPECT_TRUE(HashedTexts("a.b.c/1").empty());
  EXPECT_EQ(HashedTexts("http://" + std::string(9, '.') + "h/" + std::string(5000, '/')).size(),
            5u);
}

TEST(PhishingTest, DomainsThatAreRegistered) {
  EXPECT_EQ(RegisteredDomain("a.b.com"), "b.com");
  EXPECT_EQ(RegisteredDomain("a.b.co.uk"), "b.co.uk");
  EXPECT_EQ(RegisteredDomain("a.b.uk"), "b.uk");
  EXPECT_EQ(RegisteredDomain("co.uk"), "co.uk");
  EXPECT_EQ(RegisteredDomain("localhost"), "localhost");
  EXPECT_EQ(RegisteredDomain(".com"), ".com");
}

TEST(PhishingTest, LinesSayWhatIsWrongWithThem) {
  EXPECT_EQ(ParsePhishingLine("a.pdb", "H:a.com:300-").entry, Entry::kBad);
  EXPECT_EQ(ParsePhishingLine("a.pdb", "H:a.com:1-300\r").text, "a.com/");
  EXPECT_EQ(ParsePhishingLine("a.pdb", "M:a.com:b.com").entry, Entry::kBad);
  EXPECT_EQ(ParsePhishingLine("a.wdb", "H:a.com").entry, Entry::kBad);
  EXPECT_EQ(ParsePhishingLine("a.wdb", "Xa").entry, Entry::kBad);
  EXPECT_EQ(ParsePhishingLine("a.wdb", "X:a([/?].*)?").text, "a/");
  EXPECT_EQ(ParsePhishingLine("a.gdb", "S:F:00").entry, Entry::kBad);
  EXPECT_EQ(ParsePhishingLine("a.gdb", "S:X:00").entry, Entry::kBad);
  EXPECT_EQ(ParsePhishingLine("a.gdb", "S:P:01020304").entry, Entry::kBad);
  EXPECT_EQ(ParsePhishingLine("a.gdb", "S1:F:" + Hash("")).entry, Entry::kBlockedHash);
  EXPECT_EQ(ParsePhishingLine("a.gdb", "#").entry, Entry::kNothing);
}

}  // namespace
}  // namespace day::signatures::phishing
