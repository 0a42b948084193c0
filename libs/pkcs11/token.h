// Keys in PKCS #11 tokens (smart cards, USB keys, HSMs, SoftHSM), named by URIs (uri.h).
//
//   Tokens tokens(AskOnTerminal);
//   DAY_TRY_ASSIGN(const auto key, tokens.OpenKey(uri));   // a crypto::Signer
//   DAY_TRY_ASSIGN(const std::string signature, key->Sign(message));
//
// The private key never leaves the token. Ed25519 (CKM_EDDSA) and ECDSA with P-256 (CKM_ECDSA over
// a SHA-256 made here) are supported; every signature is verified before it is given out.
// The module is the URI's `module-path`, else $DAYLIGHT_PKCS11_MODULE, else p11-kit-proxy.so,
// behind which are all modules that the system knows. The PIN is the URI's `pin-value`, the first
// line of its `pin-source`, entered at the reader if that has keys for it, or asked for. A wrong
// PIN is tried once: tokens lock themselves after a few. Errors, each saying what to do: kNotFound
// (module, token, key), kInvalidUse (several fit), kPermission (PIN), kUnsupported (kind of key,
// mechanism), kIo (the token). Ownership: keys keep module and session alive. Thread safety: one
// thread for a Tokens object and its keys.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/pkcs11/cryptoki.h"
#include "libs/pkcs11/uri.h"

namespace day::pkcs11 {

class Tokens {
 public:
  // Gets a PIN from a person. `prompt` names the token, and says if it is the last try.
  using AskPin = std::function<base::Result<std::string>(const std::string& prompt)>;
  explicit Tokens(AskPin ask) : ask_(std::move(ask)) {}

  // The one private key that fits the URI.
  base::Result<std::unique_ptr<crypto::Signer>> OpenKey(const Uri& uri);
  // The one public key that fits. Asks for a PIN only if the token shows no public
  // key without.
  base::Result<crypto::PublicKey> FindPublicKey(const Uri& uri);
  // Makes a key pair in the token, under the URI's `object` and its `id` (random if there is
  // none), that cannot be read out of it. Errors: kInvalidUse too if there is such a key already.
  base::Result<crypto::PublicKey> MakeKey(const Uri& uri, crypto::KeyType type);

 private:
  base::Result<std::shared_ptr<Module>> FindModule(const Uri& uri);
  base::Result<Session> OpenSession(const Uri& uri, Session::Access access, TokenInfo* token);
  base::Result<std::string> GetPin(const Uri& uri, const TokenInfo& token) const;
  base::Status Login(const Session& session, const Uri& uri, const TokenInfo& token) const;

  AskPin ask_;
  std::map<std::string, std::shared_ptr<Module>> modules_;  // shared with the sessions
};

}  // namespace day::pkcs11
