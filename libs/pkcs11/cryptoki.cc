#include "libs/pkcs11/cryptoki.h"

#include <dlfcn.h>
#include <fmt/core.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace day::pkcs11 {

// The module's functions; never null, for Load() looked at those that are used.
struct Module::Functions {
  CK_FUNCTION_LIST* list = nullptr;
  bool started = false;  // by us, so C_Finalize() is ours too
};

namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::size_t kSignatureMaxBytes = 1024;
constexpr std::size_t kMechanismsMax = 4096;

struct Code {
  CK_RV code;
  std::string_view name;
  ErrorKind kind;
};
// What a person may meet; other codes are told as numbers, of kind kIo.
constexpr std::array kCodes = {
    Code{CKR_HOST_MEMORY, "CKR_HOST_MEMORY", ErrorKind::kLimit},
    Code{CKR_GENERAL_ERROR, "CKR_GENERAL_ERROR", ErrorKind::kIo},
    Code{CKR_FUNCTION_FAILED, "CKR_FUNCTION_FAILED", ErrorKind::kIo},
    Code{CKR_ARGUMENTS_BAD, "CKR_ARGUMENTS_BAD", ErrorKind::kIo},
    Code{CKR_ATTRIBUTE_SENSITIVE, "CKR_ATTRIBUTE_SENSITIVE", ErrorKind::kNotFound},
    Code{CKR_ATTRIBUTE_TYPE_INVALID, "CKR_ATTRIBUTE_TYPE_INVALID", ErrorKind::kNotFound},
    Code{CKR_ATTRIBUTE_VALUE_INVALID, "CKR_ATTRIBUTE_VALUE_INVALID", ErrorKind::kUnsupported},
    Code{CKR_DATA_INVALID, "CKR_DATA_INVALID", ErrorKind::kUnsupported},
    Code{CKR_DATA_LEN_RANGE, "CKR_DATA_LEN_RANGE: too much data at once", ErrorKind::kUnsupported},
    Code{CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR", ErrorKind::kIo},
    Code{CKR_DEVICE_MEMORY, "CKR_DEVICE_MEMORY: the token is full", ErrorKind::kLimit},
    Code{CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED: the token was taken out", ErrorKind::kIo},
    Code{CKR_FUNCTION_CANCELED, "CKR_FUNCTION_CANCELED", ErrorKind::kCancelled},
    Code{CKR_FUNCTION_NOT_SUPPORTED, "CKR_FUNCTION_NOT_SUPPORTED", ErrorKind::kUnsupported},
    Code{CKR_KEY_TYPE_INCONSISTENT, "CKR_KEY_TYPE_INCONSISTENT", ErrorKind::kUnsupported},
    Code{CKR_KEY_FUNCTION_NOT_PERMITTED,
         "CKR_KEY_FUNCTION_NOT_PERMITTED: the key may not be used for signing",
         ErrorKind::kPermission},
    Code{CKR_MECHANISM_INVALID, "CKR_MECHANISM_INVALID: the token does not do this",
         ErrorKind::kUnsupported},
    Code{CKR_MECHANISM_PARAM_INVALID, "CKR_MECHANISM_PARAM_INVALID", ErrorKind::kUnsupported},
    Code{CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED: set a new PIN", ErrorKind::kPermission},
    Code{CKR_SESSION_COUNT, "CKR_SESSION_COUNT: too many programs use the token", ErrorKind::kIo},
    Code{CKR_SESSION_READ_ONLY, "CKR_SESSION_READ_ONLY", ErrorKind::kPermission},
    Code{CKR_TEMPLATE_INCONSISTENT, "CKR_TEMPLATE_INCONSISTENT", ErrorKind::kUnsupported},
    Code{CKR_TEMPLATE_INCOMPLETE, "CKR_TEMPLATE_INCOMPLETE", ErrorKind::kUnsupported},
    Code{CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT: the token was taken out", ErrorKind::kIo},
    Code{CKR_TOKEN_WRITE_PROTECTED, "CKR_TOKEN_WRITE_PROTECTED", ErrorKind::kPermission},
    Code{CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN", ErrorKind::kPermission},
    Code{CKR_USER_PIN_NOT_INITIALIZED,
         "CKR_USER_PIN_NOT_INITIALIZED: the token has no user PIN yet", ErrorKind::kPermission},
    Code{CKR_USER_ANOTHER_ALREADY_LOGGED_IN, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
         ErrorKind::kPermission},
    Code{CKR_DOMAIN_PARAMS_INVALID, "CKR_DOMAIN_PARAMS_INVALID: the token does not know the curve",
         ErrorKind::kUnsupported},
    Code{CKR_CURVE_NOT_SUPPORTED, "CKR_CURVE_NOT_SUPPORTED", ErrorKind::kUnsupported},
};

base::Error Failed(std::string_view function, CK_RV code) {
  for (const Code& known : kCodes) {
    if (known.code == code) {
      return MakeError(known.kind, fmt::format("{}: {}", function, known.name));
    }
  }
  return MakeError(ErrorKind::kIo, fmt::format("{}: error 0x{:x}", function, code));
}

// Fields of fixed size are padded with blanks; some modules end them with a zero byte.
template <std::size_t kSize>
std::string Padded(const unsigned char (&field)[kSize]) {
  std::string_view text(reinterpret_cast<const char*>(field), kSize);
  text = text.substr(0, text.find('\0'));
  const std::size_t last = text.find_last_not_of(' ');
  return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

std::vector<CK_ATTRIBUTE> Template(std::vector<Attribute>* attributes) {
  std::vector<CK_ATTRIBUTE> out;
  for (Attribute& attribute : *attributes) {
    out.push_back({attribute.type, attribute.value.data(), attribute.value.size()});
  }
  return out;
}

// Modules take pointers to what they only read.
unsigned char* Writable(std::string_view text) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
}

std::string_view TriesInWords(PinTries tries) {
  switch (tries) {
    case PinTries::kLocked:
      return "the token is locked now; its security officer can set a new PIN";
    case PinTries::kLastTry:
      return "ONE try is left before the token locks itself";
    case PinTries::kSomeUsed:
      return "the token counts wrong PINs, but does not say how many tries are left";
    case PinTries::kNothingKnown:
      break;
  }
  return "the token does not say how many tries are left";
}

}  // namespace

Attribute Attribute::Bool(Number type, bool value) {
  return {type, std::string(1, value ? '\1' : '\0')};
}

Attribute Attribute::OfNumber(Number type, Number value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return {type, std::move(bytes)};
}

Module::Module(std::string path, void* library, std::unique_ptr<Functions> functions)
    : path_(std::move(path)), library_(library), functions_(std::move(functions)) {}

Module::~Module() {
  if (functions_->started) {
    functions_->list->C_Finalize(nullptr);
  }
  ::dlclose(library_);
}

base::Result<std::shared_ptr<Module>> Module::Load(const std::string& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    return MakeError(ErrorKind::kNotFound, fmt::format("cannot load the PKCS #11 module {}",
                                                       reason != nullptr ? reason : path));
  }
  auto functions = std::make_unique<Functions>();
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (get == nullptr || get(&functions->list) != CKR_OK || functions->list == nullptr ||
      functions->list->version.major != 2) {
    ::dlclose(library);
    return MakeError(ErrorKind::kMalformed, path + " is no PKCS #11 module of version 2");
  }
  std::shared_ptr<Module> module(new Module(path, library, std::move(functions)));
  const CK_FUNCTION_LIST& list = *module->functions_->list;
  const CK_RV code = list.C_Initialize(nullptr);
  if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
    return MakeError(ErrorKind::kIo,
                     fmt::format("the PKCS #11 module {} does not start ({}); its configuration or "
                                 "the service behind it may be missing",
                                 path, Failed("C_Initialize", code).message));
  }
  module->functions_->started = code == CKR_OK;
  return module;
}

base::Result<ModuleInfo> Module::Info() const {
  CK_INFO info = {};
  if (const CK_RV code = functions_->list->C_GetInfo(&info); code != CKR_OK) {
    return Failed("C_GetInfo", code);
  }
  return ModuleInfo{Padded(info.manufacturerID), Padded(info.libraryDescription),
                    info.libraryVersion.major, info.libraryVersion.minor};
}

base::Result<TokenInfo> Module::Token(Number slot) const {
  CK_TOKEN_INFO info = {};
  CK_SLOT_INFO slot_info = {};
  if (const CK_RV code = functions_->list->C_GetTokenInfo(slot, &info); code != CKR_OK) {
    return Failed("C_GetTokenInfo", code);
  }
  if (const CK_RV code = functions_->list->C_GetSlotInfo(slot, &slot_info); code != CKR_OK) {
    return Failed("C_GetSlotInfo", code);
  }
  TokenInfo out{.slot = slot,
                .label = Padded(info.label),
                .manufacturer = Padded(info.manufacturerID),
                .model = Padded(info.model),
                .serial = Padded(info.serialNumber),
                .slot_description = Padded(slot_info.slotDescription),
                .slot_manufacturer = Padded(slot_info.manufacturerID)};
  out.login_required = (info.flags & CKF_LOGIN_REQUIRED) != 0;
  out.has_user_pin = (info.flags & CKF_USER_PIN_INITIALIZED) != 0;
  out.has_keypad = (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
  out.tries = (info.flags & CKF_USER_PIN_LOCKED) != 0      ? PinTries::kLocked
              : (info.flags & CKF_USER_PIN_FINAL_TRY) != 0 ? PinTries::kLastTry
              : (info.flags & CKF_USER_PIN_COUNT_LOW) != 0 ? PinTries::kSomeUsed
                                                           : PinTries::kNothingKnown;
  return out;
}

base::Result<std::vector<TokenInfo>> Module::Tokens() const {
  std::vector<CK_SLOT_ID> slots(kSlotsMax);
  CK_ULONG count = slots.size();
  const CK_RV code = functions_->list->C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (code == CKR_BUFFER_TOO_SMALL || count > slots.size()) {
    return MakeError(ErrorKind::kLimit, fmt::format("more than {} tokens", kSlotsMax));
  }
  if (code != CKR_OK) {
    return Failed("C_GetSlotList", code);
  }
  slots.resize(count);
  std::vector<TokenInfo> out;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info = {};
    // A token that is taken out or broken does not hide the others.
    if (functions_->list->C_GetTokenInfo(slot, &info) != CKR_OK ||
        (info.flags & CKF_TOKEN_INITIALIZED) == 0) {
      continue;
    }
    if (auto token = Token(slot); token.ok()) {
      out.push_back(std::move(*token));
    }
  }
  return out;
}

bool Module::Offers(Number slot, Number mechanism, Number flag) const {
  // Some modules tell about mechanisms that they do not list, and then refuse them.
  std::vector<CK_MECHANISM_TYPE> listed(kMechanismsMax);
  CK_ULONG count = listed.size();
  if (functions_->list->C_GetMechanismList(slot, listed.data(), &count) != CKR_OK ||
      count > listed.size()) {
    return false;
  }
  listed.resize(count);
  CK_MECHANISM_INFO info = {};
  return std::find(listed.begin(), listed.end(), mechanism) != listed.end() &&
         functions_->list->C_GetMechanismInfo(slot, mechanism, &info) == CKR_OK &&
         (info.flags & flag) != 0;
}

bool Module::CanSign(Number slot, Number mechanism) const {
  return Offers(slot, mechanism, CKF_SIGN);
}

bool Module::CanMakeKeys(Number slot, Number mechanism) const {
  return Offers(slot, mechanism, CKF_GENERATE_KEY_PAIR);
}

base::Result<Session> Session::Open(std::shared_ptr<Module> module, Number slot, Access access) {
  CK_SESSION_HANDLE handle = 0;
  const CK_FLAGS flags = CKF_SERIAL_SESSION | (access == Access::kWrite ? CKF_RW_SESSION : 0);
  const CK_RV code =
      module->functions_->list->C_OpenSession(slot, flags, nullptr, nullptr, &handle);
  if (code != CKR_OK) {
    return Failed("C_OpenSession", code);
  }
  return Session(std::move(module), slot, handle);
}

Session::Session(Session&& other) noexcept
    : module_(std::move(other.module_)), slot_(other.slot_), handle_(other.handle_) {}

Session::~Session() {
  if (module_ != nullptr) {
    f().list->C_CloseSession(handle_);
  }
}

bool Session::LoggedIn() const {
  CK_SESSION_INFO info = {};
  return f().list->C_GetSessionInfo(handle_, &info) == CKR_OK &&
         (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
}

base::Status Session::Login(std::optional<std::string_view> pin, LoginFor what) const {
  const CK_USER_TYPE user = what == LoginFor::kOperation ? CKU_CONTEXT_SPECIFIC : CKU_USER;
  const CK_RV code =
      f().list->C_Login(handle_, user, pin ? Writable(*pin) : nullptr, pin ? pin->size() : 0);
  if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN) {
    return base::OkStatus();
  }
  const auto token = module_->Token(slot_);
  const std::string label = token.ok() ? token->label : "?";
  if (code == CKR_PIN_LOCKED) {
    return MakeError(ErrorKind::kPermission,
                     fmt::format("the token '{}' is locked after too many wrong PINs; its security "
                                 "officer can set a new one",
                                 label));
  }
  if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LEN_RANGE || code == CKR_PIN_INVALID) {
    return MakeError(
        ErrorKind::kPermission,
        fmt::format("wrong PIN for the token '{}'; {}", label,
                    TriesInWords(token.ok() ? token->tries : PinTries::kNothingKnown)));
  }
  base::Error error = Failed("C_Login", code);
  error.message = fmt::format("the token '{}': {}", label, error.message);
  return error;
}

base::Result<std::vector<Number>> Session::Find(std::vector<Attribute> wanted) const {
  std::vector<CK_ATTRIBUTE> attributes = Template(&wanted);
  CK_RV code = f().list->C_FindObjectsInit(handle_, attributes.data(), attributes.size());
  if (code != CKR_OK) {
    return Failed("C_FindObjectsInit", code);
  }
  std::vector<Number> found(kObjectsMax + 1);
  std::size_t size = 0;
  while (size < found.size()) {
    CK_ULONG count = 0;
    code = f().list->C_FindObjects(handle_, &found[size], found.size() - size, &count);
    if (code != CKR_OK || count == 0 || count > found.size() - size) {
      break;
    }
    size += count;
  }
  f().list->C_FindObjectsFinal(handle_);
  if (code != CKR_OK) {
    return Failed("C_FindObjects", code);
  }
  if (size > kObjectsMax) {
    return MakeError(ErrorKind::kLimit, fmt::format("more than {} objects", kObjectsMax));
  }
  found.resize(size);
  return found;
}

base::Result<std::string> Session::Read(Number object, Number type) const {
  CK_ATTRIBUTE attribute = {type, nullptr, 0};
  CK_RV code = f().list->C_GetAttributeValue(handle_, object, &attribute, 1);
  if (code == CKR_OK && attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION) {
    code = CKR_ATTRIBUTE_TYPE_INVALID;
  }
  if (code != CKR_OK) {
    return Failed("C_GetAttributeValue", code);
  }
  if (attribute.ulValueLen > kAttributeMaxBytes) {
    return MakeError(ErrorKind::kLimit,
                     fmt::format("an attribute of more than {} bytes", kAttributeMaxBytes));
  }
  std::string value(attribute.ulValueLen, '\0');
  attribute.pValue = value.data();
  code = f().list->C_GetAttributeValue(handle_, object, &attribute, 1);
  if (code != CKR_OK || attribute.ulValueLen > value.size()) {
    return Failed("C_GetAttributeValue", code);
  }
  value.resize(attribute.ulValueLen);
  return value;
}

Number Session::ReadNumber(Number object, Number type, Number otherwise) const {
  const auto bytes = Read(object, type);
  const auto number =
      bytes.ok() && bytes->size() == sizeof(Number)
          ? base::ReadAt<Number>(base::AsBytes(*bytes), 0,
                                 std::endian::native == std::endian::little ? base::Endian::kLittle
                                                                            : base::Endian::kBig)
          : std::nullopt;
  return number.value_or(otherwise);
}

bool Session::ReadBool(Number object, Number type) const {
  const auto bytes = Read(object, type);
  return bytes.ok() && bytes->size() == 1 && bytes->front() != '\0';
}

base::Result<std::string> Session::Sign(Number key, Number mechanism, base::Bytes data,
                                        const Again* again) const {
  CK_MECHANISM how = {mechanism, nullptr, 0};
  CK_RV code = f().list->C_SignInit(handle_, &how, key);
  if (code != CKR_OK) {
    return Failed("C_SignInit", code);
  }
  if (again != nullptr) {
    DAY_TRY(Login(again->pin, LoginFor::kOperation));
  }
  std::string signature(kSignatureMaxBytes, '\0');
  CK_ULONG size = signature.size();
  code = f().list->C_Sign(handle_, Writable(base::AsText(data)), data.size(), Writable(signature),
                          &size);
  if (code != CKR_OK || size > signature.size()) {
    return Failed("C_Sign", code);
  }
  signature.resize(size);
  return signature;
}

base::Result<Session::KeyPair> Session::GenerateKeyPair(Number mechanism,
                                                        std::vector<Attribute> public_part,
                                                        std::vector<Attribute> private_part) const {
  CK_MECHANISM how = {mechanism, nullptr, 0};
  std::vector<CK_ATTRIBUTE> of_public = Template(&public_part);
  std::vector<CK_ATTRIBUTE> of_private = Template(&private_part);
  KeyPair pair;
  const CK_RV code = f().list->C_GenerateKeyPair(handle_, &how, of_public.data(), of_public.size(),
                                                 of_private.data(), of_private.size(),
                                                 &pair.public_key, &pair.private_key);
  if (code != CKR_OK) {
    return Failed("C_GenerateKeyPair", code);
  }
  return pair;
}

}  // namespace day::pkcs11
