#include "libs/formats/authenticode/trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>

#include "libs/base/testing/fixture.h"
#include "libs/crypto/hash.h"
#include "libs/formats/authenticode/openssl.h"

namespace day::formats::authenticode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kIn2030 = 1'900'000'000;
constexpr std::int64_t kLater = 9'000'000'000;

// A fixture, which is always a valid 32-bit image, and rules about what is in it.
class TrustTest : public ::testing::Test {
 protected:
  void Load(const std::string& name) {
    file_ = base::ReadFixture("pe/" + name);
    const base::Bytes bytes = base::AsBytes(file_);
    const std::uint32_t nt = *base::ReadAt<std::uint32_t>(bytes, 0x3C);
    constexpr std::uint64_t kSecurityEntry = 24 + 96 + 32;
    layout_ = {.file = bytes,
               .checksum_offset = nt + 88u,
               .directory_offset = nt + kSecurityEntry,
               .table_offset = *base::ReadAt<std::uint32_t>(bytes, nt + kSecurityEntry)};
    pkcs7_.reset(ParseDer<d2i_PKCS7>(bytes.subspan(layout_.table_offset + 8)));
    ASSERT_NE(pkcs7_, nullptr);
  }

  static Sha1Digest Digest(int size, unsigned char* der) {
    const unsigned char* data = der;
    long length = 0;
    int tag = 0;
    int tag_class = 0;
    ASN1_get_object(&data, &length, &tag, &tag_class, size);
    const Sha1Digest digest =
        crypto::Sha1({reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(length)});
    OPENSSL_free(der);
    return digest;
  }

  // A rule that names the certificate with this word in its subject.
  TrustRule Rule(const std::string& word, bool is_trusted, Uses uses = {true, true, true}) {
    TrustRule rule;
    rule.is_trusted = is_trusted;
    rule.uses = uses;
    STACK_OF(X509)* certificates = pkcs7_->d.sign->cert;
    for (int i = 0; i < sk_X509_num(certificates); ++i) {
      X509* x509 = sk_X509_value(certificates, i);
      char* subject = X509_NAME_oneline(X509_get_subject_name(x509), nullptr, 0);
      const bool is_meant = std::string(subject).find(word) != std::string::npos;
      OPENSSL_free(subject);
      if (!is_meant) {
        continue;
      }
      unsigned char* der = nullptr;
      const int name_size = i2d_X509_NAME(X509_get_subject_name(x509), &der);
      rule.subject = Digest(name_size, der);
      der = nullptr;
      const int serial_size = i2d_ASN1_INTEGER(X509_get0_serialNumber(x509), &der);
      rule.serial = Digest(serial_size, der);
      BIGNUM* number = nullptr;
      EVP_PKEY_get_bn_param(X509_get0_pubkey(x509), OSSL_PKEY_PARAM_RSA_N, &number);
      rule.modulus.resize(static_cast<std::size_t>(BN_num_bytes(number)));
      BN_bn2bin(number, reinterpret_cast<unsigned char*>(rule.modulus.data()));
      BN_free(number);
      return rule;
    }
    ADD_FAILURE() << "no certificate of " << word;
    return rule;
  }

  bool IsTrusted(const std::vector<TrustRule>& rules, std::int64_t now = kIn2030) {
    return CheckTrust(layout_, rules, now).is_trusted;
  }

  std::string file_;
  PeLayout layout_;
  OwnedPkcs7 pkcs7_;
};

TEST_F(TrustTest, TheSignerByName) {
  Load("signed.exe");
  EXPECT_TRUE(IsTrusted({Rule("Signer", true)}));
  EXPECT_FALSE(IsTrusted({}));
  EXPECT_FALSE(IsTrusted({Rule("Signer", false)}));
  EXPECT_FALSE(IsTrusted({Rule("Signer", true)}, kLater));
  TrustRule rule = Rule("Signer", true);
  rule.not_before = kLater;
  EXPECT_FALSE(IsTrusted({rule}));
  rule = Rule("Signer", true);
  rule.serial = Sha1Digest{};
  EXPECT_FALSE(IsTrusted({rule}));
  rule.serial.reset();
  EXPECT_TRUE(IsTrusted({rule}));
  rule.modulus[0] ^= 1;
  EXPECT_FALSE(IsTrusted({rule}));
  EXPECT_FALSE(IsTrusted({Rule("Signer", true, {false, false, false})}));
}

TEST_F(TrustTest, WhoSignedTheSigner) {
  Load("signed.exe");
  const std::string root = "Root";
  EXPECT_TRUE(IsTrusted({Rule(root, true)}));
  EXPECT_FALSE(IsTrusted({Rule(root, true, {true, true, false})}));
  EXPECT_FALSE(IsTrusted({Rule(root, true, {false, false, true})}));
  // The rule's key is enough: the certificate need not be the very one.
  TrustRule rule = Rule(root, true);
  rule.serial = Sha1Digest{};
  EXPECT_TRUE(IsTrusted({rule}));
}

TEST_F(TrustTest, BlockedWhetherRightOrNot) {
  for (const char* name : {"signed.exe", "tampered.exe"}) {
    Load(name);
    const std::vector<TrustRule> rules = {Rule("Root", false), Rule("Signer", true),
                                          Rule("Signer", false)};
    const TrustOutcome outcome = CheckTrust(layout_, rules, kIn2030);
    EXPECT_THAT(outcome.blocked_by, ElementsAre(0, 2));
    EXPECT_EQ(outcome.is_trusted, std::string(name) == "signed.exe");
  }
}

TEST_F(TrustTest, ACountersignatureTellsTheTime) {
  // Countersigned in 2023, before the certificates of the fixtures were made.
  Load("countersigned.exe");
  EXPECT_FALSE(IsTrusted({Rule("Signer", true)}));
  EXPECT_FALSE(IsTrusted({Rule("Signer", true), Rule("Timestamps", true)}));
}

TEST_F(TrustTest, AnyTruncationIsSafe) {
  Load("signed.exe");
  const std::vector<TrustRule> rules = {Rule("Signer", true), Rule("Root", false)};
  const PeLayout whole = layout_;
  for (std::size_t size = whole.table_offset; size + 16 < file_.size(); size += 97) {
    layout_.file = whole.file.first(size);
    EXPECT_FALSE(IsTrusted(rules));
  }
  EXPECT_THAT(CheckTrust({}, rules, kIn2030).blocked_by, IsEmpty());
}

}  // namespace
}  // namespace day::formats::authenticode
