// Cryptoki, the C interface of PKCS #11 2.40, in this project's words: a loaded module, its tokens,
// a session. token.h makes keys of it; nothing else should need this header.
//
// The module is a shared library that its maker wrote and the user chose: it runs in this process
// with all its rights. What it answers is bounded and checked all the same; sizes above
// kAttributeMaxBytes and counts above kObjectsMax are refused.
// Errors: what a module answers with becomes an Error whose message names the function and the
// code ("C_Sign: CKR_DEVICE_REMOVED"). Thread safety: one thread for a module and its sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::pkcs11 {

constexpr std::size_t kAttributeMaxBytes = 4096;
constexpr std::size_t kObjectsMax = 256;
constexpr std::size_t kSlotsMax = 256;

// CK_ULONG: the numbers of slots, objects, mechanisms, attributes.
using Number = unsigned long;

// What the token tells of wrong PINs. Few tell how many tries are left.
enum class PinTries : std::uint8_t { kNothingKnown, kSomeUsed, kLastTry, kLocked };

struct TokenInfo {
  Number slot = 0;
  std::string label;
  std::string manufacturer;
  std::string model;
  std::string serial;
  std::string slot_description;
  std::string slot_manufacturer;
  bool login_required = false;
  bool has_user_pin = false;
  bool has_keypad = false;  // the PIN is entered at the reader, never given to us
  PinTries tries = PinTries::kNothingKnown;
};

struct ModuleInfo {
  std::string manufacturer;
  std::string description;
  std::uint8_t version_major = 0;
  std::uint8_t version_minor = 0;
};

class Module {
 public:
  // dlopen() and C_Initialize(). A path without '/' is looked for where the system's libraries
  // are. Errors: kNotFound if it cannot be loaded, kMalformed if it is no module, kIo if it does
  // not start.
  static base::Result<std::shared_ptr<Module>> Load(const std::string& path);
  // C_Finalize() and dlclose(). Sessions keep their module alive.
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  const std::string& path() const { return path_; }
  base::Result<ModuleInfo> Info() const;
  // The tokens that are there and were initialised. Errors: kIo, kLimit.
  base::Result<std::vector<TokenInfo>> Tokens() const;
  // What that token says now. Errors: kIo.
  base::Result<TokenInfo> Token(Number slot) const;
  // Whether the token signs (or makes keys) by a mechanism.
  bool CanSign(Number slot, Number mechanism) const;
  bool CanMakeKeys(Number slot, Number mechanism) const;

 private:
  friend class Session;
  struct Functions;
  Module(std::string path, void* library, std::unique_ptr<Functions> functions);
  bool Offers(Number slot, Number mechanism, Number flag) const;

  std::string path_;
  void* library_;
  std::unique_ptr<Functions> functions_;
};

// One attribute of a template.
struct Attribute {
  Number type;
  std::string value;  // bytes

  static Attribute Bool(Number type, bool value);
  static Attribute OfNumber(Number type, Number value);
};

class Session {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };
  // Errors: kIo.
  static base::Result<Session> Open(std::shared_ptr<Module> module, Number slot, Access access);
  // Closes; the login ends with the last session of its token.
  ~Session();
  Session(Session&& other) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Module& module() const { return *module_; }
  Number slot() const { return slot_; }
  bool LoggedIn() const;

  // kOperation: once more, for the signature that was begun, as some keys demand.
  // No `pin`: it is entered at the reader. Errors: kPermission, saying what is known of the tries
  // left; kIo.
  enum class LoginFor : std::uint8_t { kSession, kOperation };
  base::Status Login(std::optional<std::string_view> pin, LoginFor what) const;

  // Errors: kIo, kLimit.
  base::Result<std::vector<Number>> Find(std::vector<Attribute> wanted) const;
  // The attribute's bytes. Errors: kNotFound if the object has none such or does not tell, kLimit,
  // kIo.
  base::Result<std::string> Read(Number object, Number type) const;
  // The same as a number or truth; `otherwise` if it cannot be read.
  Number ReadNumber(Number object, Number type, Number otherwise) const;
  bool ReadBool(Number object, Number type) const;

  // C_SignInit() without parameters, Login(kOperation) if `again` says so, C_Sign().
  // Errors: kUnsupported (the mechanism; too much data), kPermission, kIo.
  struct Again {
    std::optional<std::string_view> pin;
  };
  base::Result<std::string> Sign(Number key, Number mechanism, base::Bytes data,
                                 const Again* again) const;

  struct KeyPair {
    Number public_key = 0;
    Number private_key = 0;
  };
  // Errors: kUnsupported, kPermission, kIo.
  base::Result<KeyPair> GenerateKeyPair(Number mechanism, std::vector<Attribute> public_part,
                                        std::vector<Attribute> private_part) const;

 private:
  Session(std::shared_ptr<Module> module, Number slot, Number handle)
      : module_(std::move(module)), slot_(slot), handle_(handle) {}
  const Module::Functions& f() const { return *module_->functions_; }

  std::shared_ptr<Module> module_;  // shared: loaded once, closed after the last session
  Number slot_;
  Number handle_;
};

}  // namespace day::pkcs11
