#include "network/core/key_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace day::network::core {
namespace {

using base::ErrorKind;

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() : folder_(::testing::TempDir() + "daylight-key.XXXXXX") {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/key";
    secret_ = {.file = folder_ + "/passphrase", .variable = ""};
    std::ofstream(secret_.file) << "correct horse\n";
    wrong_ = {.file = folder_ + "/wrong", .variable = ""};
    std::ofstream(wrong_.file) << "correct mule\n";
  }
  ~KeyFile() override { std::filesystem::remove_all(folder_); }
  static std::string Text(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_;
  std::string path_;
  PassphraseSource secret_;
  PassphraseSource wrong_;
};

TEST_F(KeyFile, IsMadeOnceAndReadBack) {
  const auto vkey = MakeKeyFile(path_, "example.org/log", tlog::KeyKind::kEd25519, "");
  ASSERT_TRUE(vkey.ok());
  EXPECT_EQ(Text(path_).substr(0, 12), "PRIVATE+KEY+");
  EXPECT_EQ(LoadKeyFile(path_, {})->verifier().ToText(), *vkey);
  EXPECT_EQ(LoadKeyFile(path_, secret_)->verifier().ToText(), *vkey);
  EXPECT_EQ(MakeKeyFile(path_, "example.org/log", tlog::KeyKind::kEd25519, "").error().kind,
            ErrorKind::kInvalidUse);
  EXPECT_FALSE(MakeKeyFile(folder_ + "/other", "a b", tlog::KeyKind::kEd25519, "").ok());
  const auto another = MakeKeyFile(folder_ + "/other", "w", tlog::KeyKind::kCosignatureEd25519, "");
  EXPECT_NE(*another, *vkey);
  ::chmod(path_.c_str(), 0640);
  EXPECT_EQ(LoadKeyFile(path_, {}).error().kind, ErrorKind::kPermission);
  ::chmod(path_.c_str(), 0600);
  std::ofstream(path_) << *vkey << "\n";
  EXPECT_EQ(LoadKeyFile(path_, {}).error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(LoadKeyFile(folder_ + "/none", {}).error().kind, ErrorKind::kNotFound);
}

TEST_F(KeyFile, EncryptedOnesNeedThePassphrase) {
  for (const tlog::KeyKind kind : {tlog::KeyKind::kEd25519, tlog::KeyKind::kCosignatureEd25519}) {
    std::filesystem::remove(path_);
    const std::string vkey = MakeKeyFile(path_, "example.org", kind, "correct horse").value();
    const std::string text = Text(path_);
    EXPECT_EQ(text.substr(0, text.find('\n')), vkey);
    EXPECT_NE(text.find("\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), std::string::npos);
    const auto key = LoadKeyFile(path_, secret_);
    ASSERT_TRUE(key.ok()) << key.error().message;
    EXPECT_EQ(key->verifier().ToText(), vkey);
    EXPECT_EQ(key->verifier().kind(), kind);
    EXPECT_EQ(LoadKeyFile(path_, wrong_).error().kind, ErrorKind::kMalformed);
    EXPECT_EQ(LoadKeyFile(path_, {.file = folder_ + "/none", .variable = ""}).error().kind,
              ErrorKind::kNotFound);
    EXPECT_TRUE(LoadPemKeyFile(path_, secret_).ok());
    ::setenv("DAYLIGHT_TEST_PASSPHRASE", "correct horse", 1);
    EXPECT_TRUE(LoadKeyFile(path_, {.file = "", .variable = "DAYLIGHT_TEST_PASSPHRASE"}).ok());
    ::unsetenv("DAYLIGHT_TEST_PASSPHRASE");
  }
}

TEST_F(KeyFile, DamagedOrMixedUp) {
  const std::string vkey =
      MakeKeyFile(path_, "example.org", tlog::KeyKind::kEd25519, "correct horse").value();
  const std::string other =
      MakeKeyFile(folder_ + "/other", "example.org", tlog::KeyKind::kEd25519, "").value();
  const std::string text = Text(path_);
  const std::string pem = text.substr(text.find('\n') + 1);
  const std::string p256 =
      crypto::PrivateKey::Generate(crypto::KeyType::kEcdsaP256)->ToPem("correct horse").value();
  for (const auto& [content, kind] : {std::pair(other + "\n" + pem, ErrorKind::kMalformed),
                                      {pem, ErrorKind::kMalformed},
                                      {vkey + "\n" + pem.substr(0, 100), ErrorKind::kMalformed},
                                      {vkey + "\n" + p256, ErrorKind::kUnsupported},
                                      {"\n" + text, ErrorKind::kMalformed}}) {
    std::ofstream(path_) << content;
    const auto key = LoadKeyFile(path_, secret_);
    ASSERT_FALSE(key.ok()) << content;
    EXPECT_EQ(key.error().kind, kind) << key.error().message;
  }
  std::ofstream(path_) << vkey << "\n" << pem;
  EXPECT_TRUE(LoadKeyFile(path_, secret_).ok());
}

TEST_F(KeyFile, AnOldOneCanBeEncrypted) {
  const std::string vkey = MakeKeyFile(path_, "w", tlog::KeyKind::kCosignatureEd25519, "").value();
  const std::string out = folder_ + "/sealed";
  EXPECT_EQ(EncryptKeyFile(path_, {}, out, "").error().kind, ErrorKind::kInvalidUse);
  EXPECT_EQ(EncryptKeyFile(path_, {}, out, "correct horse").value(), vkey);
  EXPECT_EQ(EncryptKeyFile(path_, {}, out, "correct horse").error().kind, ErrorKind::kInvalidUse);
  const auto before = LoadKeyFile(path_, {});
  const auto after = LoadKeyFile(out, secret_);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->Sign("text\n", 1).value(), before->Sign("text\n", 1).value());
}

}  // namespace
}  // namespace day::network::core
