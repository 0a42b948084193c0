// Keys of people: PKCS #8 files, encrypted under a passphrase, keys in PKCS #11 tokens, and the
// public keys of a workspace.
//
// Passphrases: network/core/passphrase.h. A token's PIN comes from the URI that names the key, or
// is asked for: never from where passphrases come from, for a token counts what is wrong. Thread
// safety: one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/pkcs11/token.h"
#include "libs/tuf/metadata.h"
#include "libs/update/dsse.h"
#include "network/core/passphrase.h"
#include "network/release/workspace.h"

namespace day::network::release {

// The keys that --key names: files, or "pkcs11:" URIs of keys in tokens. Errors: as
// core::LoadPemKeyFile(), pkcs11::ParseUri() and pkcs11::Tokens::OpenKey().
using Signers = std::vector<std::unique_ptr<crypto::Signer>>;
base::Result<Signers> LoadSigners(const std::vector<std::string>& names,
                                  const core::PassphraseSource& source);
// Tokens whose PINs are asked for on the terminal.
pkcs11::Tokens TokensOfTerminal();
// Makes a new Ed25519 key: keys/NAME.pem and keys/NAME.pub. Errors: kInvalidUse if there is one.
base::Result<crypto::PrivateKey> MakeKey(const Workspace& workspace, const std::string& name,
                                         const std::string& passphrase);

struct NamedKey {
  std::string name;
  crypto::PublicKey key;
};

// The public keys in the workspace's keys/, by key identifier, named as their files.
std::map<std::string, NamedKey> KnownKeys(const Workspace& workspace);
// Who signed the envelope, in order of names. A signature under a known key that does not verify is
// nobody's; under an unknown one it is named by the key identifier that it claims.
std::vector<std::string> SignerNames(const update::DsseEnvelope& envelope,
                                     const std::map<std::string, NamedKey>& keys);
// Likewise of a metadata file.
std::vector<std::string> SignerNames(const tuf::Envelope& envelope,
                                     const std::map<std::string, NamedKey>& keys);
// The identifier that the metadata uses for a key.
std::string KeyIdOf(const crypto::PublicKey& key);

}  // namespace day::network::release
