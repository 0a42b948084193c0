#include "libs/pkcs11/testing/soft_token.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

// SoftHSM 2.6.1 leaks a few bytes whenever it reads an Ed25519 key. What is in its own code is not
// our leak; to see whose it is, the sanitizer needs whole stacks and the module still in place.
extern "C" const char* __asan_default_options() { return "fast_unwind_on_malloc=0"; }
extern "C" const char* __lsan_default_suppressions() { return "leak:libsofthsm2.so"; }

namespace day::pkcs11::testing {
namespace {

void Require(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "SoftHSM: %s failed\n", what);
    std::abort();
  }
}

unsigned char* Text(std::string* text) { return reinterpret_cast<unsigned char*>(text->data()); }

}  // namespace

std::string SoftTokens::ModulePath() {
  for (const char* path :
       {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"}) {
    if (std::filesystem::exists(path)) {
      return path;
    }
  }
  Require(false, "finding libsofthsm2.so (package softhsm2)");
  return "";
}

SoftTokens::SoftTokens() {
  std::string path = (std::filesystem::temp_directory_path() / "daylight-softhsm.XXXXXX").string();
  Require(::mkdtemp(path.data()) != nullptr, "mkdtemp");
  folder_ = path;
  std::filesystem::create_directory(folder_ + "/tokens");
  Configure("");
  ::setenv("SOFTHSM2_CONF", (folder_ + "/softhsm2.conf").c_str(), 1);
}

SoftTokens::~SoftTokens() { std::filesystem::remove_all(folder_); }

void SoftTokens::Configure(const std::string& more) const {
  std::ofstream(folder_ + "/softhsm2.conf") << "directories.tokendir = " << folder_ << "/tokens\n"
                                            << "objectstore.backend = file\n"
                                            << "log.level = ERROR\n"
                                            << more;
}

void SoftTokens::Add(const std::string& label, const std::string& pin) const {
  void* library = ::dlopen(ModulePath().c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  Require(library != nullptr, "dlopen");
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* list = nullptr;
  Require(get != nullptr && get(&list) == CKR_OK, "C_GetFunctionList");
  Require(list->C_Initialize(nullptr) == CKR_OK, "C_Initialize");
  // The last slot holds a token that is not initialised yet.
  std::vector<CK_SLOT_ID> slots(64);
  CK_ULONG count = slots.size();
  Require(list->C_GetSlotList(CK_TRUE, slots.data(), &count) == CKR_OK && count > 0, "slots");
  CK_SLOT_ID slot = slots[count - 1];
  std::string padded = label;
  padded.resize(32, ' ');
  std::string so_pin = "security";
  std::string user_pin = pin;
  Require(list->C_InitToken(slot, Text(&so_pin), so_pin.size(), Text(&padded)) == CKR_OK, "init");
  CK_SESSION_HANDLE session = 0;
  Require(list->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr,
                              &session) == CKR_OK,
          "C_OpenSession");
  Require(list->C_Login(session, CKU_SO, Text(&so_pin), so_pin.size()) == CKR_OK, "C_Login");
  Require(list->C_InitPIN(session, Text(&user_pin), user_pin.size()) == CKR_OK, "C_InitPIN");
  list->C_Finalize(nullptr);
  ::dlclose(library);
}

}  // namespace day::pkcs11::testing
