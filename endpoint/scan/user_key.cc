#include "endpoint/scan/user_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "libs/os/file.h"
#include "libs/os/system.h"

namespace day::endpoint::scan {
namespace {

base::Result<UserKey> ReadKey(const std::string& path) {
  DAY_TRY_ASSIGN(const os::Fd fd, os::OpenRead(path, os::Symlinks::kRefuse));
  DAY_TRY_ASSIGN(const os::FileStat stat, os::StatFd(fd.get()));
  if (stat.owner != ::geteuid() || (stat.mode & 077u) != 0 || stat.kind != os::FileKind::kRegular) {
    return base::MakeError(base::ErrorKind::kPermission,
                           path + " must be a file that only you can read (mode 600)");
  }
  UserKey key{};
  DAY_TRY_ASSIGN(const std::string text, os::ReadFd(fd.get(), key.size()));
  if (text.size() != key.size()) {
    return base::MakeError(base::ErrorKind::kMalformed, path + " is damaged; remove it");
  }
  std::copy_n(base::AsBytes(text).begin(), key.size(), key.begin());
  return key;
}

// Makes the key under a name of its own and links it into place: whoever comes second keeps the
// first.
base::Status MakeKey(const std::string& path) {
  UserKey key{};
  DAY_TRY(os::FillRandom(key));
  std::array<std::byte, 8> suffix{};
  DAY_TRY(os::FillRandom(suffix));
  const std::string temporary = path + "." + base::ToHex(suffix);
  DAY_TRY(os::WriteFileAtomic(temporary, key, 0600, os::Durability::kCrashOfMachine));
  const int linked = ::link(temporary.c_str(), path.c_str());
  const int failure = errno;
  ::unlink(temporary.c_str());
  if (linked != 0 && failure != EEXIST) {
    return os::ErrnoError("create " + path, failure);
  }
  return base::OkStatus();
}

}  // namespace

base::Result<UserKey> LoadUserKey(const std::string& folder) {
  const std::string path = folder + "/key";
  base::Result<UserKey> key = ReadKey(path);
  if (key.ok() || key.error().kind != base::ErrorKind::kNotFound) {
    return key;
  }
  DAY_TRY(os::MakeFolders(folder, 0700));
  DAY_TRY(MakeKey(path));
  return ReadKey(path);
}

crypto::Sha256Digest DeriveKey(const UserKey& key, std::string_view purpose) {
  crypto::HmacSha256 hmac(key);
  return hmac.Authenticate(base::AsBytes(purpose));
}

SipKey DeriveSipKey(const UserKey& key, std::string_view purpose) {
  const crypto::Sha256Digest derived = DeriveKey(key, purpose);
  return {*base::ReadAt<std::uint64_t>(derived, 0), *base::ReadAt<std::uint64_t>(derived, 8)};
}

}  // namespace day::endpoint::scan
