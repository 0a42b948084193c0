#include "network/release/keys.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "libs/os/system.h"
#include "libs/tuf/metadata.h"
#include "network/core/key_file.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::size_t kKeyFileMaxBytes = 64 * 1024;

}  // namespace

base::Result<Signers> LoadSigners(const std::vector<std::string>& names,
                                  const core::PassphraseSource& source) {
  pkcs11::Tokens tokens = TokensOfTerminal();
  Signers signers;
  for (const std::string& name : names) {
    if (pkcs11::IsUri(name)) {
      DAY_TRY_ASSIGN(const pkcs11::Uri uri, pkcs11::ParseUri(name));
      DAY_TRY_ASSIGN(std::unique_ptr<crypto::Signer> key, tokens.OpenKey(uri));
      signers.push_back(std::move(key));
    } else {
      DAY_TRY_ASSIGN(crypto::PrivateKey key, core::LoadPemKeyFile(name, source));
      signers.push_back(std::make_unique<crypto::PrivateKey>(std::move(key)));
    }
  }
  return signers;
}

pkcs11::Tokens TokensOfTerminal() {
  return pkcs11::Tokens([](const std::string& prompt) -> base::Result<std::string> {
    if (!os::IsTerminal(STDIN_FILENO)) {
      return MakeError(ErrorKind::kPermission,
                       fmt::format("{} is needed: add pin-source=FILE to the URI (after '?' or "
                                   "'&'), or run on a terminal",
                                   prompt));
    }
    std::string pin = core::AskHidden(prompt + ": ");
    if (pin.empty()) {
      return MakeError(ErrorKind::kPermission, "no PIN was entered");
    }
    return pin;
  });
}

base::Result<crypto::PrivateKey> MakeKey(const Workspace& workspace, const std::string& name,
                                         const std::string& passphrase) {
  if (workspace.Has("keys/" + name + ".pem") || workspace.Has("keys/" + name + ".pub")) {
    return MakeError(ErrorKind::kInvalidUse, fmt::format("there is a key {} already", name));
  }
  DAY_TRY_ASSIGN(crypto::PrivateKey key, crypto::PrivateKey::Generate(crypto::KeyType::kEd25519));
  DAY_TRY_ASSIGN(const std::string pem, key.ToPem(passphrase));
  DAY_TRY(workspace.Write("keys/" + name + ".pem", base::AsBytes(pem), 0600));
  DAY_TRY(workspace.Write("keys/" + name + ".pub", base::AsBytes(key.public_key().ToPem())));
  return key;
}

std::map<std::string, NamedKey> KnownKeys(const Workspace& workspace) {
  std::map<std::string, NamedKey> keys;
  for (const std::string& file : workspace.List("keys")) {
    if (!file.ends_with(".pub")) {
      continue;
    }
    const auto pem = workspace.Read("keys/" + file, kKeyFileMaxBytes);
    if (!pem.ok()) {
      continue;
    }
    auto key = crypto::PublicKey::FromPem(*pem);
    if (key.ok()) {
      std::string id = KeyIdOf(*key);
      keys.emplace(std::move(id), NamedKey{file.substr(0, file.size() - 4), std::move(*key)});
    }
  }
  return keys;
}

namespace {

// `Signature` has key_id and signature.
template <typename Signature>
std::vector<std::string> NamesOf(const std::string& covered,
                                 const std::vector<Signature>& signatures,
                                 const std::map<std::string, NamedKey>& keys) {
  std::vector<std::string> names;
  for (const Signature& signature : signatures) {
    const auto known = keys.find(signature.key_id);
    if (known == keys.end()) {
      names.push_back("unknown " + signature.key_id.substr(0, 16));
    } else if (known->second.key.Verify(base::AsBytes(covered),
                                        base::AsBytes(signature.signature))) {
      names.push_back(known->second.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> SignerNames(const update::DsseEnvelope& envelope,
                                     const std::map<std::string, NamedKey>& keys) {
  return NamesOf(update::PreAuthEncoding(envelope.payload_type, envelope.payload),
                 envelope.signatures, keys);
}

std::vector<std::string> SignerNames(const tuf::Envelope& envelope,
                                     const std::map<std::string, NamedKey>& keys) {
  return NamesOf(envelope.Covered(), envelope.signatures, keys);
}

std::string KeyIdOf(const crypto::PublicKey& key) { return tuf::KeyId(tuf::MakeKey(key)); }

}  // namespace day::network::release
