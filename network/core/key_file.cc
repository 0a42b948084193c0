#include "network/core/key_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/secret.h"
#include "libs/os/file.h"
#include "libs/os/system.h"

namespace day::network::core {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::size_t kKeyFileBytesMax = 64 * 1024;
constexpr std::string_view kPemBegin = "-----BEGIN ";
constexpr std::string_view kEncrypted = "ENCRYPTED";

base::Result<std::string> ReadSecretFile(const std::string& path) {
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatPath(path, os::Symlinks::kFollow));
  if ((stat.mode & 077) != 0) {
    return MakeError(ErrorKind::kPermission, path + " can be read by others: chmod 600 " + path);
  }
  return os::ReadFile(path, kKeyFileBytesMax);
}

base::Error In(const std::string& path, const base::Error& error) {
  return MakeError(error.kind, fmt::format("{}: {}", path, error.message));
}

base::Result<crypto::PrivateKey> ReadPem(const std::string& path, std::string_view pem,
                                         const PassphraseSource& source) {
  std::string passphrase;
  if (pem.find(kEncrypted) != std::string_view::npos) {
    DAY_TRY_ASSIGN(passphrase, GetPassphrase(source, path, AskTwice::kNo));
  }
  base::Result<crypto::PrivateKey> key = crypto::PrivateKey::FromPem(pem, passphrase);
  Wipe(&passphrase);
  if (!key.ok()) {
    return In(path, key.error());
  }
  return key;
}

// A vkey and a PEM block.
base::Result<tlog::SignerKey> ReadNamedPem(const std::string& path, std::string_view text,
                                           const PassphraseSource& source) {
  const std::string_view line = text.substr(0, text.find('\n'));
  auto verifier = tlog::VerifierKey::Parse(line);
  if (!verifier.ok()) {
    return In(path, verifier.error());
  }
  DAY_TRY_ASSIGN(const crypto::PrivateKey pair, ReadPem(path, text.substr(line.size()), source));
  if (pair.public_key().type() != crypto::KeyType::kEd25519) {
    return MakeError(ErrorKind::kUnsupported, path + ": not an Ed25519 key");
  }
  const crypto::SecretBytes seed = pair.RevealEd25519Seed();
  auto key = tlog::SignerKey::Create(verifier->name(), verifier->kind(), seed.RevealSecret());
  if (!key.ok()) {
    return In(path, key.error());
  }
  if (key->verifier().ToText() != line) {
    return MakeError(ErrorKind::kMalformed,
                     path + ": the private key is not that of the public key in the first line");
  }
  return key;
}

base::Status WriteKey(const std::string& path, const tlog::SignerKey& key,
                      std::string_view passphrase) {
  if (os::StatPath(path, os::Symlinks::kRefuse).ok()) {
    return MakeError(ErrorKind::kInvalidUse, path + " exists already");
  }
  if (!passphrase.empty()) {
    DAY_TRY_ASSIGN(const crypto::PrivateKey pair,
                   crypto::PrivateKey::FromEd25519Seed(key.RevealSeed().RevealSecret()));
    DAY_TRY_ASSIGN(const std::string pem, pair.ToPem(passphrase));
    const std::string text = fmt::format("{}\n{}", key.verifier().ToText(), pem);
    return os::WriteFileAtomic(path, base::AsBytes(text), 0600, os::Durability::kCrashOfMachine);
  }
  const crypto::SecretBytes text = key.RevealSecretText();
  crypto::SecretBytes line(text.size() + 1);
  const base::Bytes bytes = text.RevealSecret();
  std::copy(bytes.begin(), bytes.end(), line.Writable().begin());
  line.Writable().back() = std::byte{'\n'};
  return os::WriteFileAtomic(path, line.RevealSecret(), 0600, os::Durability::kCrashOfMachine);
}

}  // namespace

base::Result<std::string> MakeKeyFile(const std::string& path, std::string_view name,
                                      tlog::KeyKind kind, std::string_view passphrase) {
  if (!tlog::IsKeyName(name)) {
    return MakeError(ErrorKind::kInvalidUse,
                     "a key's name is not empty and has neither spaces nor '+'");
  }
  crypto::SecretBytes seed(tlog::kSeedBytes);
  DAY_TRY(os::FillRandom(seed.Writable()));
  DAY_TRY_ASSIGN(const tlog::SignerKey key,
                 tlog::SignerKey::Create(name, kind, seed.RevealSecret()));
  DAY_TRY(WriteKey(path, key, passphrase));
  return key.verifier().ToText();
}

base::Result<tlog::SignerKey> LoadKeyFile(const std::string& path, const PassphraseSource& source) {
  DAY_TRY_ASSIGN(std::string text, ReadSecretFile(path));
  if (text.find(kPemBegin) != std::string::npos) {
    auto key = ReadNamedPem(path, text, source);
    Wipe(&text);
    return key;
  }
  base::Result<tlog::SignerKey> key =
      tlog::SignerKey::Parse(std::string_view(text).substr(0, text.find('\n')));
  Wipe(&text);
  if (!key.ok()) {
    return In(path, key.error());
  }
  return key;
}

base::Result<std::string> EncryptKeyFile(const std::string& path, const PassphraseSource& source,
                                         const std::string& out, std::string_view passphrase) {
  if (passphrase.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "to encrypt a key needs a passphrase");
  }
  DAY_TRY_ASSIGN(const tlog::SignerKey key, LoadKeyFile(path, source));
  DAY_TRY(WriteKey(out, key, passphrase));
  return key.verifier().ToText();
}

base::Result<crypto::PrivateKey> LoadPemKeyFile(const std::string& path,
                                                const PassphraseSource& source) {
  DAY_TRY_ASSIGN(std::string pem, ReadSecretFile(path));
  auto key = ReadPem(path, pem, source);
  Wipe(&pem);
  return key;
}

}  // namespace day::network::core
