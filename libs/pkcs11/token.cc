#include "libs/pkcs11/token.h"

#include <fmt/core.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "libs/crypto/hash.h"
#include "libs/crypto/secret.h"
#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/pkcs11/public_key.h"

namespace day::pkcs11 {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr const char* kModuleVariable = "DAYLIGHT_PKCS11_MODULE";
constexpr const char* kDefaultModule = "p11-kit-proxy.so";
constexpr std::size_t kPinFileMaxBytes = 4096;
constexpr std::size_t kNewIdBytes = 16;
constexpr std::size_t kNamesShownMax = 10;

Number SigningMechanism(crypto::KeyType type) {
  return type == crypto::KeyType::kEd25519 ? CKM_EDDSA : CKM_ECDSA;
}

std::string_view MechanismName(crypto::KeyType type) {
  return type == crypto::KeyType::kEd25519 ? "Ed25519 (CKM_EDDSA)" : "ECDSA (CKM_ECDSA)";
}

void Wipe(std::string* secret) {
  crypto::WipeMemory(std::as_writable_bytes(std::span(secret->data(), secret->size())));
  secret->clear();
}

// Adds what is known to an error of the token.
base::Error About(std::string_view what, base::Error error) {
  error.message = fmt::format("{}: {}", what, error.message);
  return error;
}

bool Fits(const std::optional<std::string>& wanted, std::string_view found) {
  return !wanted || *wanted == found;
}

bool Fits(const Uri& uri, const TokenInfo& token) {
  return Fits(uri.token, token.label) && Fits(uri.manufacturer, token.manufacturer) &&
         Fits(uri.serial, token.serial) && Fits(uri.model, token.model) &&
         Fits(uri.slot_manufacturer, token.slot_manufacturer) &&
         Fits(uri.slot_description, token.slot_description) &&
         (!uri.slot_id || *uri.slot_id == token.slot);
}

bool Fits(const Uri& uri, const ModuleInfo& module) {
  const std::string version = fmt::format("{}.{}", module.version_major, module.version_minor);
  return Fits(uri.library_manufacturer, module.manufacturer) &&
         Fits(uri.library_description, module.description) &&
         (Fits(uri.library_version, version) ||
          (module.version_minor == 0 &&
           Fits(uri.library_version, std::to_string(module.version_major))));
}

// "'team' (serial 1a2b), ...", or "nothing".
std::string Names(const std::vector<TokenInfo>& tokens) {
  std::string out;
  for (std::size_t i = 0; i < std::min(tokens.size(), kNamesShownMax); ++i) {
    out += fmt::format("{}'{}' (serial={})", out.empty() ? "" : ", ", tokens[i].label,
                       tokens[i].serial);
  }
  return out;
}

std::vector<Attribute> KeyTemplate(Number object_class, const Uri& uri) {
  std::vector<Attribute> wanted = {Attribute::OfNumber(CKA_CLASS, object_class)};
  if (uri.object) {
    wanted.push_back({CKA_LABEL, *uri.object});
  }
  if (uri.id) {
    wanted.push_back({CKA_ID, *uri.id});
  }
  return wanted;
}

// "object=alice;id=%01, ...": how a URI would name these.
std::string Names(const Session& session, const std::vector<Number>& keys) {
  std::string out;
  for (std::size_t i = 0; i < std::min(keys.size(), kNamesShownMax); ++i) {
    Uri name;
    if (auto label = session.Read(keys[i], CKA_LABEL); label.ok()) {
      name.object = std::move(*label);
    }
    if (auto id = session.Read(keys[i], CKA_ID); id.ok() && !id->empty()) {
      name.id = std::move(*id);
    }
    out += (out.empty() ? "" : ", ") + UriName(name).substr(std::string_view("pkcs11:").size());
  }
  return out;
}

// The only one of `found`. `all` is what the token has of this kind.
base::Result<Number> OnlyOne(const Session& session, const Uri& uri, std::string_view kind,
                             const std::vector<Number>& found, const std::vector<Number>& all) {
  if (found.size() == 1) {
    return found.front();
  }
  if (found.empty()) {
    return MakeError(ErrorKind::kNotFound,
                     fmt::format("no {} key fits {}; the token has {}", kind, UriName(uri),
                                 all.empty() ? "none" : Names(session, all)));
  }
  return MakeError(ErrorKind::kInvalidUse, fmt::format("several {} keys fit {}: name one of {}",
                                                       kind, UriName(uri), Names(session, found)));
}

base::Result<crypto::PublicKey> KeyOfObject(const Session& session, Number object) {
  const Number type = session.ReadNumber(object, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
  if (type != CKK_EC && type != CKK_EC_EDWARDS) {
    return ReadPublicKey(type, "", "");
  }
  DAY_TRY_ASSIGN(const std::string params, session.Read(object, CKA_EC_PARAMS));
  DAY_TRY_ASSIGN(const std::string point, session.Read(object, CKA_EC_POINT));
  return ReadPublicKey(type, params, point);
}

// The public half of a private key: the public key of the same identifier, or of the same label if
// it has no identifier.
base::Result<crypto::PublicKey> PublicHalf(const Session& session, Number private_key) {
  const auto id = session.Read(private_key, CKA_ID);
  const auto label = session.Read(private_key, CKA_LABEL);
  Uri same;
  if (id.ok() && !id->empty()) {
    same.id = *id;
  } else if (label.ok()) {
    same.object = *label;
  }
  DAY_TRY_ASSIGN(std::vector<Number> found, session.Find(KeyTemplate(CKO_PUBLIC_KEY, same)));
  if (found.size() > 1 && same.id && label.ok()) {
    same.object = *label;
    DAY_TRY_ASSIGN(found, session.Find(KeyTemplate(CKO_PUBLIC_KEY, same)));
  }
  if (found.empty()) {
    return MakeError(ErrorKind::kNotFound,
                     fmt::format("the token has no public key for the private key {}; put it there "
                                 "with the same label and id",
                                 Names(session, {private_key})));
  }
  return KeyOfObject(session, found.front());
}

class TokenKey final : public crypto::Signer {
 public:
  // `pin`: kept only for keys that want it before each signature.
  TokenKey(Session session, Number key, crypto::PublicKey public_key, std::string name)
      : session_(std::move(session)),
        key_(key),
        public_key_(std::move(public_key)),
        name_(std::move(name)) {}

  void AskAgain(std::optional<crypto::SecretBytes> pin) {
    again_ = true;
    pin_ = std::move(pin);
  }

  const crypto::PublicKey& public_key() const override { return public_key_; }

  base::Result<std::string> Sign(base::Bytes message) const override {
    const crypto::KeyType type = public_key_.type();
    const crypto::Sha256Digest digest = crypto::Sha256(message);
    Session::Again again;
    if (pin_) {
      again.pin = base::AsText(pin_->RevealSecret());
    }
    auto raw = session_.Sign(key_, SigningMechanism(type),
                             type == crypto::KeyType::kEd25519 ? message : base::Bytes(digest),
                             again_ ? &again : nullptr);
    if (!raw.ok()) {
      return About(name_, std::move(raw.error()));
    }
    std::string signature = std::move(*raw);
    if (type == crypto::KeyType::kEcdsaP256) {
      DAY_TRY_ASSIGN(signature, crypto::EcdsaP256SignatureFromRaw(base::AsBytes(signature)));
    }
    if (!public_key_.Verify(message, base::AsBytes(signature))) {
      return MakeError(ErrorKind::kMalformed,
                       name_ +
                           ": the token's signature does not fit the public key that it shows for "
                           "this key; are their ids mixed up?");
    }
    return signature;
  }

 private:
  Session session_;
  Number key_;
  crypto::PublicKey public_key_;
  std::string name_;
  bool again_ = false;
  std::optional<crypto::SecretBytes> pin_;
};

base::Status CheckType(const Uri& uri, std::initializer_list<std::string_view> allowed) {
  if (uri.type && std::find(allowed.begin(), allowed.end(), *uri.type) == allowed.end()) {
    return MakeError(ErrorKind::kInvalidUse,
                     fmt::format("{} names no {} key", UriName(uri), *allowed.begin()));
  }
  return base::OkStatus();
}

}  // namespace

base::Result<std::shared_ptr<Module>> Tokens::FindModule(const Uri& uri) {
  std::string path = uri.module_path;
  if (path.empty()) {
    const char* given = ::secure_getenv(kModuleVariable);
    path = given != nullptr && *given != '\0' ? given : kDefaultModule;
  }
  if (const auto known = modules_.find(path); known != modules_.end()) {
    return known->second;
  }
  auto module = Module::Load(path);
  if (!module.ok()) {
    base::Error error = std::move(module.error());
    if (error.kind == ErrorKind::kNotFound) {
      error.message += fmt::format(
          "\nName the module of the token: ...?module-path=/path/of/module.so in the URI, or ${}; "
          "or install p11-kit, which knows the modules of the system",
          kModuleVariable);
    }
    return error;
  }
  DAY_TRY_ASSIGN(const ModuleInfo info, (*module)->Info());
  if (!Fits(uri, info)) {
    return MakeError(
        ErrorKind::kNotFound,
        fmt::format("the module {} is not that of {}: it is '{}' {}.{} by '{}'", path, UriName(uri),
                    info.description, info.version_major, info.version_minor, info.manufacturer));
  }
  modules_.emplace(std::move(path), *module);
  return *module;
}

base::Result<Session> Tokens::OpenSession(const Uri& uri, Session::Access access,
                                          TokenInfo* token) {
  DAY_TRY_ASSIGN(std::shared_ptr<Module> module, FindModule(uri));
  DAY_TRY_ASSIGN(const std::vector<TokenInfo> all, module->Tokens());
  std::vector<TokenInfo> fitting;
  std::copy_if(all.begin(), all.end(), std::back_inserter(fitting),
               [&uri](const TokenInfo& one) { return Fits(uri, one); });
  if (fitting.empty()) {
    return MakeError(ErrorKind::kNotFound,
                     fmt::format("no token fits {}; {} has {}. Is it plugged in?", UriName(uri),
                                 module->path(), all.empty() ? "no token" : Names(all)));
  }
  if (fitting.size() > 1) {
    return MakeError(ErrorKind::kInvalidUse,
                     fmt::format("several tokens fit {}: {}; add token=LABEL or serial=NUMBER",
                                 UriName(uri), Names(fitting)));
  }
  *token = fitting.front();
  return Session::Open(std::move(module), token->slot, access);
}

base::Result<std::string> Tokens::GetPin(const Uri& uri, const TokenInfo& token) const {
  if (!uri.pin_value.empty()) {
    return uri.pin_value;
  }
  if (!uri.pin_source.empty()) {
    DAY_TRY_ASSIGN(std::string text, os::ReadFile(uri.pin_source, kPinFileMaxBytes));
    std::string pin = text.substr(0, text.find_first_of("\r\n"));
    Wipe(&text);
    if (pin.empty()) {
      return MakeError(ErrorKind::kPermission, uri.pin_source + ": its first line is empty");
    }
    return pin;
  }
  return ask_(fmt::format("PIN of the token '{}'{}", token.label,
                          token.tries == PinTries::kLastTry ? " (ONE try is left)" : ""));
}

base::Status Tokens::Login(const Session& session, const Uri& uri, const TokenInfo& token) const {
  if (!token.login_required || session.LoggedIn()) {
    return base::OkStatus();
  }
  if (!token.has_user_pin) {
    return MakeError(ErrorKind::kPermission,
                     fmt::format("the token '{}' has no user PIN yet: set one with the tool of its "
                                 "maker",
                                 token.label));
  }
  if (token.has_keypad) {
    return session.Login(std::nullopt, Session::LoginFor::kSession);
  }
  DAY_TRY_ASSIGN(std::string pin, GetPin(uri, token));
  base::Status status = session.Login(pin, Session::LoginFor::kSession);
  Wipe(&pin);
  return status;
}

base::Result<std::unique_ptr<crypto::Signer>> Tokens::OpenKey(const Uri& uri) {
  DAY_TRY(CheckType(uri, {"private"}));
  TokenInfo token;
  DAY_TRY_ASSIGN(Session session, OpenSession(uri, Session::Access::kRead, &token));
  DAY_TRY(Login(session, uri, token));
  DAY_TRY_ASSIGN(const std::vector<Number> found, session.Find(KeyTemplate(CKO_PRIVATE_KEY, uri)));
  DAY_TRY_ASSIGN(const std::vector<Number> all, session.Find(KeyTemplate(CKO_PRIVATE_KEY, Uri{})));
  DAY_TRY_ASSIGN(const Number key, OnlyOne(session, uri, "private", found, all));
  auto public_key = PublicHalf(session, key);
  if (!public_key.ok()) {
    return About(UriName(uri), std::move(public_key.error()));
  }
  const crypto::KeyType type = public_key->type();
  if (!session.module().CanSign(token.slot, SigningMechanism(type))) {
    return MakeError(ErrorKind::kUnsupported,
                     fmt::format("{}: the token '{}' does not sign with {}; use a token that does, "
                                 "or a key of another kind (Ed25519, P-256)",
                                 UriName(uri), token.label, MechanismName(type)));
  }
  const bool again = session.ReadBool(key, CKA_ALWAYS_AUTHENTICATE);
  auto out =
      std::make_unique<TokenKey>(std::move(session), key, std::move(*public_key), UriName(uri));
  if (again && token.has_keypad) {
    out->AskAgain(std::nullopt);
  } else if (again) {
    DAY_TRY_ASSIGN(std::string pin, GetPin(uri, token));
    out->AskAgain(crypto::SecretBytes::Copy(base::AsBytes(pin)));
    Wipe(&pin);
  }
  return std::unique_ptr<crypto::Signer>(std::move(out));
}

base::Result<crypto::PublicKey> Tokens::FindPublicKey(const Uri& uri) {
  DAY_TRY(CheckType(uri, {"public", "private"}));
  TokenInfo token;
  DAY_TRY_ASSIGN(const Session session, OpenSession(uri, Session::Access::kRead, &token));
  DAY_TRY_ASSIGN(std::vector<Number> all, session.Find(KeyTemplate(CKO_PUBLIC_KEY, Uri{})));
  if (all.empty()) {
    DAY_TRY(Login(session, uri, token));
    DAY_TRY_ASSIGN(all, session.Find(KeyTemplate(CKO_PUBLIC_KEY, Uri{})));
  }
  DAY_TRY_ASSIGN(const auto found, session.Find(KeyTemplate(CKO_PUBLIC_KEY, uri)));
  DAY_TRY_ASSIGN(const Number object, OnlyOne(session, uri, "public", found, all));
  auto key = KeyOfObject(session, object);
  if (!key.ok()) {
    return About(UriName(uri), std::move(key.error()));
  }
  return key;
}

base::Result<crypto::PublicKey> Tokens::MakeKey(const Uri& uri, crypto::KeyType type) {
  DAY_TRY(CheckType(uri, {"private"}));
  if (!uri.object || uri.object->empty()) {
    return MakeError(ErrorKind::kInvalidUse, "how shall the new key be called? Add object=NAME");
  }
  TokenInfo token;
  DAY_TRY_ASSIGN(const Session session, OpenSession(uri, Session::Access::kWrite, &token));
  const bool edwards = type == crypto::KeyType::kEd25519;
  const Number mechanism = edwards ? CKM_EC_EDWARDS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN;
  if (!session.module().CanMakeKeys(token.slot, mechanism) ||
      !session.module().CanSign(token.slot, SigningMechanism(type))) {
    return MakeError(ErrorKind::kUnsupported,
                     fmt::format("the token '{}' makes no keys for {}{}", token.label,
                                 MechanismName(type), edwards ? "; P-256 may work" : ""));
  }
  DAY_TRY(Login(session, uri, token));
  Uri name;
  name.object = uri.object;
  for (const Number object_class : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY}) {
    DAY_TRY_ASSIGN(const auto there, session.Find(KeyTemplate(object_class, name)));
    if (!there.empty()) {
      return MakeError(ErrorKind::kInvalidUse, fmt::format("the token '{}' has a key {} already",
                                                           token.label, Names(session, there)));
    }
  }
  std::string id = uri.id.value_or("");
  if (id.empty()) {
    id.resize(kNewIdBytes);
    DAY_TRY(os::FillRandom(std::as_writable_bytes(std::span(id.data(), id.size()))));
  }
  const std::vector<Attribute> both = {
      Attribute::Bool(CKA_TOKEN, true), {CKA_LABEL, *uri.object}, {CKA_ID, id}};
  std::vector<Attribute> public_part = both;
  public_part.push_back(Attribute::Bool(CKA_PRIVATE, false));
  public_part.push_back(Attribute::Bool(CKA_VERIFY, true));
  public_part.push_back({CKA_EC_PARAMS, EcParameters(type)});
  std::vector<Attribute> private_part = both;
  private_part.push_back(Attribute::Bool(CKA_PRIVATE, true));
  private_part.push_back(Attribute::Bool(CKA_SENSITIVE, true));
  private_part.push_back(Attribute::Bool(CKA_EXTRACTABLE, false));
  private_part.push_back(Attribute::Bool(CKA_SIGN, true));
  DAY_TRY_ASSIGN(
      const Session::KeyPair pair,
      session.GenerateKeyPair(mechanism, std::move(public_part), std::move(private_part)));
  return KeyOfObject(session, pair.public_key);
}

}  // namespace day::pkcs11
