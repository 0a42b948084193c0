#include "endpoint/tufclient/folder_store.h"

#include <cerrno>
#include <cstdio>

#include "libs/os/file.h"

namespace day::endpoint::tufclient {
namespace {

constexpr std::uint32_t kFileMode = 0644;

}  // namespace

base::Result<std::string> FolderStore::Read(const std::string& file, std::uint64_t size_max_bytes) {
  return os::ReadFile(folder_ + "/" + file, size_max_bytes);
}

base::Status FolderStore::Write(const std::string& file, base::Bytes bytes) {
  return os::WriteFileAtomic(folder_ + "/" + file, bytes, kFileMode,
                             os::Durability::kCrashOfMachine);
}

base::Status FolderStore::Erase(const std::string& file) {
  const std::string path = folder_ + "/" + file;
  if (std::remove(path.c_str()) != 0 && errno != ENOENT) {
    return os::ErrnoError("remove " + path, errno);
  }
  return base::OkStatus();
}

}  // namespace day::endpoint::tufclient
