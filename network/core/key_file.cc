#include "network/core/key_file.h"

#include <algorithm>

#include "libs/crypto/secret.h"
#include "libs/os/file.h"
#include "libs/os/system.h"

namespace day::network::core {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::size_t kKeyFileBytesMax = 4096;

}  // namespace

base::Result<std::string> MakeKeyFile(const std::string& path, std::string_view name,
                                      tlog::KeyKind kind) {
  if (!tlog::IsKeyName(name)) {
    return MakeError(ErrorKind::kInvalidUse,
                     "a key's name is not empty and has neither spaces nor '+'");
  }
  if (os::StatPath(path, os::Symlinks::kRefuse).ok()) {
    return MakeError(ErrorKind::kInvalidUse, path + " exists already");
  }
  crypto::SecretBytes seed(tlog::kSeedBytes);
  DAY_TRY(os::FillRandom(seed.Writable()));
  DAY_TRY_ASSIGN(const tlog::SignerKey key,
                 tlog::SignerKey::Create(name, kind, seed.RevealSecret()));
  const crypto::SecretBytes text = key.RevealSecretText();
  crypto::SecretBytes line(text.size() + 1);
  const base::Bytes bytes = text.RevealSecret();
  std::copy(bytes.begin(), bytes.end(), line.Writable().begin());
  line.Writable().back() = std::byte{'\n'};
  DAY_TRY(os::WriteFileAtomic(path, line.RevealSecret(), 0600, os::Durability::kCrashOfMachine));
  return key.verifier().ToText();
}

base::Result<tlog::SignerKey> LoadKeyFile(const std::string& path) {
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatPath(path, os::Symlinks::kFollow));
  if ((stat.mode & 077) != 0) {
    return MakeError(ErrorKind::kPermission, path + " can be read by others: chmod 600 " + path);
  }
  DAY_TRY_ASSIGN(std::string text, os::ReadFile(path, kKeyFileBytesMax));
  const std::string_view line = std::string_view(text).substr(0, text.find('\n'));
  base::Result<tlog::SignerKey> key = tlog::SignerKey::Parse(line);
  crypto::WipeMemory(std::as_writable_bytes(std::span(text.data(), text.size())));
  if (!key.ok()) {
    return MakeError(key.error().kind, path + ": " + key.error().message);
  }
  return key;
}

}  // namespace day::network::core
