#include "libs/signatures/cvd/cvd.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include <string>

#include "libs/base/base64.h"
#include "libs/crypto/hash.h"
#include "libs/signatures/cvd/testing/cvd_builder.h"

namespace day::signatures::cvd {
namespace {

using testing::CvdSpec;
using testing::MakeCvd;
using testing::SigningKeys;

const SigningKeys& Keys() {
  static const SigningKeys kKeys;
  return kKeys;
}

CvdSpec Spec(const SigningKeys* keys) {
  CvdSpec spec;
  spec.files = {{"COPYING", "free"},
                {"test.hdb", "44d88612fea8a8f36de82e1278abb02f:68:Eicar\n"},
                {"test.ign2", ""}};
  spec.keys = keys;
  return spec;
}

base::Result<Container> Open(Kind kind, const std::string& file,
                             const PublicKeys& keys = Keys().public_keys()) {
  OpenOptions options;
  options.keys = &keys;
  return Container::Open(kind, base::AsBytes(file), options);
}

std::string Problem(Kind kind, const std::string& file) {
  const auto opened = Open(kind, file);
  return opened.ok() ? "" : opened.error().message;
}

TEST(CvdTest, KnowsEndings) {
  EXPECT_EQ(KindOfName("a/daily.cvd"), Kind::kCvd);
  EXPECT_EQ(KindOfName("daily.cld"), Kind::kCld);
  EXPECT_EQ(KindOfName("x.cud"), Kind::kCud);
  EXPECT_EQ(KindOfName("x.cdb"), std::nullopt);
}

// The header of daily.cvd, version 25784, as it was published.
TEST(CvdTest, OfficialHeaderVerifies) {
  const auto header = ParseHeader(
      "ClamAV-VDB:16 Apr 2020 07-58 -0400:25784:2267600:63:92baacd59fd26e6bcf03077add78d209:"
      "4Jp9JtGJY6nUk8JHDQQpQeBwlfXqskvhXL+vesDNqAeWCmjbudU+Hy/Nj4/BH2vl70c/R5B/VYY+eqqCQo6o7VGLqLJr"
      "/E+19gejqMp/iRcuHrtnLw6V/x3UjO3/qYVSlcJvAjtMI7FK32wjB+Sp8kaS/ZbfaFQp6trRQhisjqf:raynman:"
      "1587038339   ");
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->version, 25784u);
  EXPECT_EQ(header->signature_count, 2267600u);
  EXPECT_EQ(header->builder, "raynman");
  EXPECT_EQ(header->unix_time, 1587038339u);
  const RsaKey& key = OfficialKeys().header;
  EXPECT_TRUE(VerifyHeaderSignature(key, header->md5, header->signature));
  EXPECT_FALSE(VerifyHeaderSignature(key, "92baacd59fd26e6bcf03077add78d20a", header->signature));
  EXPECT_FALSE(VerifyHeaderSignature(key, header->md5, header->signature.substr(1)));
  EXPECT_FALSE(VerifyHeaderSignature(key, header->md5, ""));
  EXPECT_FALSE(VerifyHeaderSignature(key, header->md5, "not base 64!"));
  EXPECT_FALSE(VerifyHeaderSignature(key, header->md5, std::string(1024, '/')));
}

TEST(CvdTest, OpensSignedContainers) {
  for (const bool compressed : {false, true}) {
    CvdSpec spec = Spec(&Keys());
    spec.compressed = compressed;
    for (const Kind kind : {Kind::kCvd, Kind::kCld, Kind::kCud}) {
      const auto container = Open(kind, MakeCvd(spec));
      ASSERT_TRUE(container.ok()) << container.error().message;
      EXPECT_EQ(container->header().version, 7u);
      ASSERT_EQ(container->members().size(), 3u);
      EXPECT_EQ(container->members()[1].name, "test.hdb");
      EXPECT_EQ(base::AsText(container->members()[1].content), spec.files[1].second);
      EXPECT_EQ(container->trust(), kind == Kind::kCvd   ? Trust::kHeaderKey
                                    : kind == Kind::kCld ? Trust::kInfoKey
                                                         : Trust::kNobody);
    }
  }
}

TEST(CvdTest, UnsignedIsOnlyForCud) {
  const std::string file = MakeCvd(Spec(nullptr));
  EXPECT_EQ(Problem(Kind::kCud, file), "");
  EXPECT_EQ(Problem(Kind::kCld, file), "the .info has no signature");
  EXPECT_EQ(Problem(Kind::kCvd, file), "the signature in its header is wrong");
}

TEST(CvdTest, OtherKeysAreRefused) {
  const std::string file = MakeCvd(Spec(&Keys()));
  const auto cvd = Open(Kind::kCvd, file, OfficialKeys());
  ASSERT_FALSE(cvd.ok());
  EXPECT_EQ(cvd.error().message, "the signature in its header is wrong");
  const auto cld = Open(Kind::kCld, file, OfficialKeys());
  ASSERT_FALSE(cld.ok());
  EXPECT_EQ(cld.error().message, "the signature in the .info is wrong");
}

TEST(CvdTest, OneFlippedBitIsRefused) {
  CvdSpec spec = Spec(&Keys());
  spec.compressed = false;
  const std::string file = MakeCvd(spec);
  const std::size_t at = file.find("44d886");
  ASSERT_NE(at, std::string::npos);
  std::string damaged = file;
  damaged[at] = '5';
  EXPECT_EQ(Problem(Kind::kCvd, damaged), "its MD5 is not the one in its header");
  EXPECT_EQ(Problem(Kind::kCld, damaged), "test.hdb is not what the .info says");
  EXPECT_EQ(Problem(Kind::kCud, damaged), "test.hdb is not what the .info says");
}

TEST(CvdTest, InfoHasToListEverything) {
  CvdSpec spec = Spec(nullptr);
  spec.compressed = false;
  const std::string file = MakeCvd(spec);
  std::string renamed = file;
  renamed.replace(renamed.find("test.hdb:"), 8, "best.hdb");
  EXPECT_EQ(Problem(Kind::kCud, renamed), "test.hdb is not in the .info");
  std::string other = file;
  other.replace(other.find(":7:1:63:X"), 4, ":8:1");
  EXPECT_EQ(Problem(Kind::kCud, other), "the .info is of another container");
}

TEST(CvdTest, RefusesOddArchives) {
  CvdSpec spec = Spec(nullptr);
  spec.files.emplace_back("../a.hdb", "x");
  EXPECT_EQ(Problem(Kind::kCud, MakeCvd(spec)), "the archive inside has names with folders");
  std::string header = MakeCvd(Spec(nullptr)).substr(0, 512);
  EXPECT_EQ(Problem(Kind::kCud, header + testing::MakeTar({{"a.hdb", "x"}})),
            "there is no .info inside");
  EXPECT_EQ(Problem(Kind::kCud, header.substr(0, 100)), "shorter than its header");
  EXPECT_NE(Problem(Kind::kCud, header), "");
  header[0] = 'X';
  EXPECT_EQ(Problem(Kind::kCud, header),
            "no container of ClamAV: it does not start with ClamAV-VDB");
  const std::string file = MakeCvd(Spec(nullptr));
  EXPECT_NE(Problem(Kind::kCud, file.substr(0, file.size() - 700)), "");
}

// A self-signed certificate and a detached PKCS #7 signature by it.
struct Signed {
  std::string certificate;
  std::string sign_text;
};

std::string Take(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

Signed SignBeside(const std::string& file) {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  X509* certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -1000);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 1000);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("Tester"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  BIO* data = BIO_new_mem_buf(file.data(), static_cast<int>(file.size()));
  PKCS7* signature = PKCS7_sign(certificate, key, nullptr, data, PKCS7_DETACHED | PKCS7_BINARY);
  BIO_free(data);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  Signed made;
  made.certificate = Take(out);
  out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS7(out, signature);
  const std::string pem = Take(out);
  made.sign_text = "#clamsign-1.0\n300::pkcs7-pem:00:!\n\n200:400:pkcs7-pem:00:" +
                   base::EncodeBase64(base::AsBytes(pem)) + "\n";
  PKCS7_free(signature);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

TEST(CvdTest, ChecksSignaturesBeside) {
  const std::string file = MakeCvd(Spec(nullptr));
  const Signed made = SignBeside(file);
  const std::vector<std::string> certificates = {made.certificate};
  OpenOptions options;
  options.sign_text = made.sign_text;
  options.certificates = certificates;
  const auto container = Container::Open(Kind::kCvd, base::AsBytes(file), options);
  ASSERT_TRUE(container.ok()) << container.error().message;
  EXPECT_EQ(container->trust(), Trust::kCertificate);
  EXPECT_EQ(container->signer(), "Tester");

  std::string damaged = file;
  damaged.back() = '!';
  const auto wrong = Container::Open(Kind::kCvd, base::AsBytes(damaged), options);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().message,
            "the signature beside it does not verify with these certificates");

  const std::vector<std::string> others = {SignBeside("x").certificate};
  options.certificates = others;
  EXPECT_FALSE(Container::Open(Kind::kCvd, base::AsBytes(file), options).ok());

  for (const char* text :
       {"", "#clamsign-2.0\n", "#clamsign-1.0\n", "#clamsign-1.0\na:b\n",
        "#clamsign-1.0\n1:2:pkcs7-pem:00:AAAA\n", "#clamsign-1.0\n1:400:pkcs7-pem:00:AAAA\n"}) {
    EXPECT_FALSE(VerifyBeside(base::AsBytes(file), text, certificates).ok()) << text;
  }
}

}  // namespace
}  // namespace day::signatures::cvd
