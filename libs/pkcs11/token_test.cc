// Against SoftHSM, a token in software.
#include "libs/pkcs11/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>

#include <fstream>

#include "libs/pkcs11/public_key.h"
#include "libs/pkcs11/testing/soft_token.h"

namespace day::pkcs11 {
namespace {

using base::AsBytes;
using base::ErrorKind;
using crypto::KeyType;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::SoftTokens;

constexpr const char* kPin = "123456";

class TokenTest : public ::testing::Test {
 protected:
  TokenTest() { soft_.Add("team", kPin); }

  static Uri At(const std::string& path, const std::string& query = "") {
    return ParseUri("pkcs11:" + path + "?module-path=" + SoftTokens::ModulePath() + query).value();
  }
  static Uri WithPin(const std::string& path) { return At(path, "&pin-value=123456"); }
  static Tokens Quiet() {
    return Tokens([](const std::string& prompt) -> base::Result<std::string> {
      return base::MakeError(ErrorKind::kCancelled, prompt);
    });
  }
  template <typename T>
  static std::string ErrorOf(const base::Result<T>& result, ErrorKind kind) {
    EXPECT_FALSE(result.ok());
    if (result.ok()) {
      return "";
    }
    EXPECT_EQ(result.error().kind, kind) << result.error().message;
    return result.error().message;
  }
  // A session in which tests make objects as other tools might.
  static Session Logged() {
    auto module = Module::Load(SoftTokens::ModulePath()).value();
    const Number slot = module->Tokens().value().at(0).slot;
    Session session = Session::Open(module, slot, Session::Access::kWrite).value();
    EXPECT_TRUE(session.Login(kPin, Session::LoginFor::kSession).ok());
    return session;
  }
  static std::vector<Attribute> Part(const std::string& label, const std::string& id,
                                     std::vector<Attribute> more) {
    more.push_back({CKA_LABEL, label});
    more.push_back({CKA_ID, id});
    return more;
  }

  SoftTokens soft_;
};

class EveryKind : public TokenTest, public ::testing::WithParamInterface<KeyType> {};

TEST_P(EveryKind, KeyIsMadeFoundAndSigns) {
  const crypto::PublicKey made = Quiet().MakeKey(WithPin("object=alice"), GetParam()).value();
  EXPECT_EQ(made.type(), GetParam());
  // The public key needs no PIN.
  EXPECT_EQ(Quiet().FindPublicKey(At("token=team;object=alice"))->der(), made.der());
  const auto key = Quiet().OpenKey(WithPin("object=alice;type=private")).value();
  EXPECT_EQ(key->public_key().der(), made.der());
  for (const std::string& message : {std::string(), std::string("m"), std::string(100'000, 'x')}) {
    const auto signature = key->Sign(AsBytes(message));
    ASSERT_TRUE(signature.ok()) << signature.error().message;
    EXPECT_TRUE(made.Verify(AsBytes(message), AsBytes(*signature)));
  }
  EXPECT_THAT(ErrorOf(Quiet().MakeKey(WithPin("object=alice"), GetParam()), ErrorKind::kInvalidUse),
              HasSubstr("has a key object=alice;id="));
}

INSTANTIATE_TEST_SUITE_P(Token, EveryKind,
                         ::testing::Values(KeyType::kEd25519, KeyType::kEcdsaP256));

TEST_F(TokenTest, NewKeysStayInTheToken) {
  ASSERT_TRUE(Quiet().MakeKey(WithPin("object=alice;id=%01"), KeyType::kEd25519).ok());
  const Session session = Logged();
  const auto keys = session.Find({{CKA_ID, "\1"}, Attribute::OfNumber(CKA_CLASS, CKO_PRIVATE_KEY)});
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_TRUE(session.ReadBool(keys->front(), CKA_SENSITIVE));
  EXPECT_TRUE(session.ReadBool(keys->front(), CKA_PRIVATE));
  EXPECT_FALSE(session.ReadBool(keys->front(), CKA_EXTRACTABLE));
  EXPECT_TRUE(session.ReadBool(keys->front(), CKA_NEVER_EXTRACTABLE));
  EXPECT_FALSE(session.Read(keys->front(), CKA_VALUE).ok());
}

TEST_F(TokenTest, OnePinForAllKeysOfAToken) {
  ASSERT_TRUE(Quiet().MakeKey(WithPin("object=a"), KeyType::kEd25519).ok());
  ASSERT_TRUE(Quiet().MakeKey(WithPin("object=b"), KeyType::kEcdsaP256).ok());
  std::vector<std::string> asked;
  std::unique_ptr<crypto::Signer> a;
  std::unique_ptr<crypto::Signer> b;
  {
    Tokens tokens([&asked](const std::string& prompt) -> base::Result<std::string> {
      asked.push_back(prompt);
      return std::string(kPin);
    });
    a = tokens.OpenKey(At("object=a")).value();
    b = tokens.OpenKey(At("object=b")).value();
  }
  EXPECT_EQ(asked, std::vector<std::string>{"PIN of the token 'team'"});
  EXPECT_TRUE(a->Sign(AsBytes("x")).ok());
  a.reset();
  EXPECT_TRUE(b->Sign(AsBytes("x")).ok());
}

TEST_F(TokenTest, WrongPins) {
  ASSERT_TRUE(Quiet().MakeKey(WithPin("object=a"), KeyType::kEd25519).ok());
  const auto wrong = Quiet().OpenKey(At("object=a", "&pin-value=654321"));
  EXPECT_THAT(ErrorOf(wrong, ErrorKind::kPermission),
              AllOf(HasSubstr("wrong PIN for the token 'team'; the token counts")));
  ErrorOf(Quiet().OpenKey(At("object=a", "&pin-value=1")), ErrorKind::kPermission);
  EXPECT_EQ(ErrorOf(Quiet().OpenKey(At("object=a")), ErrorKind::kCancelled),
            "PIN of the token 'team'");
  const std::string file = soft_.folder() + "/pin";
  ErrorOf(Quiet().OpenKey(At("object=a", "&pin-source=" + file)), ErrorKind::kNotFound);
  std::ofstream(file) << "\n";
  EXPECT_THAT(
      ErrorOf(Quiet().OpenKey(At("object=a", "&pin-source=" + file)), ErrorKind::kPermission),
      HasSubstr("first line is empty"));
  std::ofstream(file) << kPin << "\nmore\n";
  EXPECT_TRUE(Quiet().OpenKey(At("object=a", "&pin-source=" + file)).ok());
}

TEST_F(TokenTest, KeysThatWantThePinEachTime) {
  {
    const Session session = Logged();
    ASSERT_TRUE(session
                    .GenerateKeyPair(
                        CKM_EC_EDWARDS_KEY_PAIR_GEN,
                        Part("a", "1",
                             {Attribute::Bool(CKA_TOKEN, true),
                              {CKA_EC_PARAMS, EcParameters(KeyType::kEd25519)}}),
                        Part("a", "1",
                             {Attribute::Bool(CKA_TOKEN, true), Attribute::Bool(CKA_PRIVATE, true),
                              Attribute::Bool(CKA_SIGN, true),
                              Attribute::Bool(CKA_ALWAYS_AUTHENTICATE, true)}))
                    .ok());
  }
  const auto key = Quiet().OpenKey(WithPin("object=a")).value();
  for (int i = 0; i < 2; ++i) {
    const auto signature = key->Sign(AsBytes("x"));
    EXPECT_TRUE(signature.ok()) << signature.error().message;
  }
}

TEST_F(TokenTest, ObjectsThatCannotServe) {
  const std::vector<Attribute> stays = {Attribute::Bool(CKA_TOKEN, true)};
  const std::vector<Attribute> curve = {{CKA_EC_PARAMS, EcParameters(KeyType::kEd25519)}};
  std::vector<Attribute> both = stays;
  both.push_back(curve.front());
  {
    const Session session = Logged();
    const auto make = [&session](Number mechanism, const std::vector<Attribute>& public_part,
                                 const std::vector<Attribute>& private_part) {
      const auto made = session.GenerateKeyPair(mechanism, public_part, private_part);
      ASSERT_TRUE(made.ok()) << made.error().message;
    };
    // The public half is gone with the session.
    make(CKM_EC_EDWARDS_KEY_PAIR_GEN, Part("half", "1", curve), Part("half", "1", stays));
    // The public half of another key has the identifier.
    make(CKM_EC_EDWARDS_KEY_PAIR_GEN, Part("mixed", "2", both), Part("x", "3", stays));
    make(CKM_EC_EDWARDS_KEY_PAIR_GEN, Part("y", "3", both), Part("mixed", "2", stays));
    std::vector<Attribute> bits = stays;
    bits.push_back(Attribute::OfNumber(CKA_MODULUS_BITS, 2048));
    make(CKM_RSA_PKCS_KEY_PAIR_GEN, Part("rsa", "4", bits), Part("rsa", "4", stays));
  }
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(WithPin("object=half")), ErrorKind::kNotFound),
              HasSubstr("no public key for the private key object=half;id=1"));
  const auto mixed = Quiet().OpenKey(WithPin("object=mixed")).value();
  EXPECT_THAT(ErrorOf(mixed->Sign(AsBytes("x")), ErrorKind::kMalformed), HasSubstr("mixed up"));
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(WithPin("object=rsa")), ErrorKind::kUnsupported),
              HasSubstr("neither Ed25519 nor ECDSA"));
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(WithPin("token=team")), ErrorKind::kInvalidUse),
              AllOf(HasSubstr("several private keys fit"), HasSubstr("object=rsa;id=4")));
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(WithPin("object=nobody")), ErrorKind::kNotFound),
              AllOf(HasSubstr("no private key fits pkcs11:object=nobody; the token has"),
                    HasSubstr("object=mixed;id=2")));
  ErrorOf(Quiet().OpenKey(WithPin("object=rsa;type=cert")), ErrorKind::kInvalidUse);
  ErrorOf(Quiet().MakeKey(WithPin("token=team"), KeyType::kEd25519), ErrorKind::kInvalidUse);
}

TEST_F(TokenTest, TokensThatDoNotFit) {
  soft_.Add("other", kPin);
  EXPECT_THAT(ErrorOf(Quiet().FindPublicKey(At("token=nobody")), ErrorKind::kNotFound),
              AllOf(HasSubstr("'team' (serial="), HasSubstr("'other' (serial=")));
  EXPECT_THAT(ErrorOf(Quiet().FindPublicKey(At("model=SoftHSM%20v2")), ErrorKind::kInvalidUse),
              HasSubstr("several tokens fit"));
  const auto module = Module::Load(SoftTokens::ModulePath()).value();
  const std::vector<TokenInfo> tokens = module->Tokens().value();
  ASSERT_EQ(tokens.size(), 2u);
  for (const TokenInfo& token : tokens) {
    const auto made =
        Quiet().MakeKey(WithPin("object=a;serial=" + token.serial), KeyType::kEd25519);
    EXPECT_TRUE(made.ok()) << made.error().message;
    EXPECT_TRUE(Quiet().OpenKey(WithPin("slot-id=" + std::to_string(token.slot))).ok());
  }
  const ModuleInfo info = module->Info().value();
  EXPECT_TRUE(Quiet().FindPublicKey(At("token=team;library-version=2.6")).ok());
  EXPECT_THAT(
      ErrorOf(Quiet().FindPublicKey(At("token=team;library-version=1")), ErrorKind::kNotFound),
      HasSubstr(info.description));
}

TEST_F(TokenTest, ATokenWithoutTheMechanism) {
  ASSERT_TRUE(Quiet().MakeKey(WithPin("object=a"), KeyType::kEd25519).ok());
  soft_.Configure("slots.mechanisms = CKM_ECDSA,CKM_EC_KEY_PAIR_GEN\n");
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(WithPin("object=a")), ErrorKind::kUnsupported),
              HasSubstr("does not sign with Ed25519 (CKM_EDDSA)"));
  EXPECT_THAT(
      ErrorOf(Quiet().MakeKey(WithPin("object=b"), KeyType::kEd25519), ErrorKind::kUnsupported),
      HasSubstr("P-256 may work"));
  EXPECT_TRUE(Quiet().MakeKey(WithPin("object=b"), KeyType::kEcdsaP256).ok());
}

TEST_F(TokenTest, Modules) {
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(ParseUri("pkcs11:?module-path=/nothing.so").value()),
                      ErrorKind::kNotFound),
              AllOf(HasSubstr("/nothing.so"), HasSubstr("DAYLIGHT_PKCS11_MODULE")));
  EXPECT_THAT(ErrorOf(Module::Load("libc.so.6"), ErrorKind::kMalformed),
              HasSubstr("is no PKCS #11 module"));
  ::setenv("DAYLIGHT_PKCS11_MODULE", SoftTokens::ModulePath().c_str(), 1);
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(ParseUri("pkcs11:token=x").value()), ErrorKind::kNotFound),
              HasSubstr("no token fits pkcs11:token=x"));
  ::unsetenv("DAYLIGHT_PKCS11_MODULE");
  soft_.Configure("objectstore.backend = nonsense\n");
  EXPECT_THAT(ErrorOf(Quiet().OpenKey(At("token=team")), ErrorKind::kIo),
              HasSubstr("does not start"));
}

std::string Wrapped(const std::string& point) {
  return "\x04" + std::string(1, static_cast<char>(point.size())) + point;
}

TEST(PublicKey, EveryWayToTellIt) {
  const auto edwards = crypto::PrivateKey::Generate(KeyType::kEd25519).value().public_key();
  const std::string raw = edwards.Ed25519Raw();
  const std::string oid = EcParameters(KeyType::kEd25519);
  for (const std::string& params : {oid, std::string("\x13\x0c") + "edwards25519"}) {
    for (const std::string& point : {raw, Wrapped(raw)}) {
      EXPECT_EQ(ReadPublicKey(CKK_EC_EDWARDS, params, point)->der(), edwards.der());
    }
  }
  const auto p256 = crypto::PrivateKey::Generate(KeyType::kEcdsaP256).value().public_key();
  const std::string point = p256.der().substr(p256.der().size() - 65);
  const std::string curve = EcParameters(KeyType::kEcdsaP256);
  for (const std::string& told : {point, Wrapped(point)}) {
    EXPECT_EQ(ReadPublicKey(CKK_EC, curve, told)->der(), p256.der());
  }
  std::string off_curve = point;
  off_curve[64] = static_cast<char>(off_curve[64] ^ 1);
  EXPECT_EQ(ReadPublicKey(CKK_EC, curve, off_curve).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(ReadPublicKey(CKK_EC, curve, point.substr(1)).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(ReadPublicKey(CKK_EC, "", point).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(ReadPublicKey(CKK_EC_EDWARDS, oid, "").error().kind, ErrorKind::kMalformed);
}

}  // namespace
}  // namespace day::pkcs11
