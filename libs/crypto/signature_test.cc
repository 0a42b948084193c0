#include "libs/crypto/signature.h"

#include <gtest/gtest.h>

#include <string>

namespace day::crypto {
namespace {

using base::AsBytes;
using base::ErrorKind;

std::string Unhex(std::string_view hex) { return base::FromHex(hex).value(); }

TEST(Signature, Rfc8032SecondVector) {
  const std::string seed =
      Unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const PrivateKey key = PrivateKey::FromEd25519Seed(AsBytes(seed)).value();
  EXPECT_EQ(base::ToHex(key.RevealEd25519Seed().RevealSecret()), base::ToHex(AsBytes(seed)));
  EXPECT_EQ(base::ToHex(AsBytes(key.public_key().Ed25519Raw())),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string message = Unhex("72");
  const std::string signature = key.Sign(AsBytes(message)).value();
  EXPECT_EQ(base::ToHex(AsBytes(signature)),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

// The DER of a signature keeps no leading zeros and no sign.
TEST(Signature, EcdsaFromRaw) {
  const std::string small(31, '\0'), big("\xff", 1);
  EXPECT_EQ(
      base::ToHex(AsBytes(EcdsaP256SignatureFromRaw(AsBytes(small + "\1" + small + big)).value())),
      "3007020101020200ff");
  EXPECT_EQ(EcdsaP256SignatureFromRaw(AsBytes(small)).error().kind, ErrorKind::kMalformed);
}

class EveryType : public testing::TestWithParam<KeyType> {};

TEST_P(EveryType, SignsAndRefusesEveryChange) {
  const PrivateKey key = PrivateKey::Generate(GetParam()).value();
  EXPECT_EQ(key.public_key().type(), GetParam());
  std::string signature = key.Sign(AsBytes("message")).value();
  EXPECT_TRUE(key.public_key().Verify(AsBytes("message"), AsBytes(signature)));
  EXPECT_FALSE(key.public_key().Verify(AsBytes("Message"), AsBytes(signature)));
  EXPECT_FALSE(key.public_key().Verify(AsBytes("message"), {}));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string other = signature;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(key.public_key().Verify(AsBytes("message"), AsBytes(other))) << i;
  }
}

TEST_P(EveryType, ComesBackFromPem) {
  const PrivateKey key = PrivateKey::Generate(GetParam()).value();
  const PublicKey same = PublicKey::FromPem(key.public_key().ToPem()).value();
  EXPECT_EQ(same.der(), key.public_key().der());
  const std::string open = key.ToPem("").value();
  const std::string sealed = key.ToPem("correct horse").value();
  EXPECT_NE(sealed.find("ENCRYPTED"), std::string::npos);
  for (const auto& [pem, passphrase] : {std::pair{open, ""}, std::pair{sealed, "correct horse"}}) {
    const PrivateKey back = PrivateKey::FromPem(pem, passphrase).value();
    EXPECT_TRUE(key.public_key().Verify(AsBytes("x"), AsBytes(back.Sign(AsBytes("x")).value())));
  }
  EXPECT_EQ(PrivateKey::FromPem(sealed, "").error().kind, ErrorKind::kPermission);
  EXPECT_EQ(PrivateKey::FromPem(sealed, "wrong").error().kind, ErrorKind::kMalformed);
}

INSTANTIATE_TEST_SUITE_P(Signature, EveryType,
                         testing::Values(KeyType::kEd25519, KeyType::kEcdsaP256, KeyType::kRsaPss));

TEST(Signature, RefusesOtherKeys) {
  EXPECT_EQ(PublicKey::FromEd25519(AsBytes("short")).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(PublicKey::FromPem("nothing").error().kind, ErrorKind::kMalformed);
  const char* p384 =
      "-----BEGIN PUBLIC KEY-----\n"
      "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEb6+phKBBPR9NiEPs/awt0UM0vQ1xJ2JT\n"
      "iMfPsseJ8Cvnd13GbLzvTJM/UHclP/++gaWOsKfPcQlWFPIoCZDAJkp6qT76eiyS\n"
      "VR27ETzIUt5CWWdmIQJUNKAoyQ4NJ9oh\n"
      "-----END PUBLIC KEY-----\n";
  EXPECT_EQ(PublicKey::FromPem(p384).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace day::crypto
