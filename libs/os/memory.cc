#include "libs/os/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "libs/base/checked.h"
#include "libs/os/file.h"

namespace day::os {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

}  // namespace

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  if (this != &other) {
    Unmap();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void Mapping::Unmap() {
  if (data_ != nullptr) {
    ::munmap(data_, size_);
    data_ = nullptr;
    size_ = 0;
  }
}

void Mapping::Release() const {
  if (data_ != nullptr) {
    ::madvise(data_, size_, MADV_DONTNEED);
  }
}

base::Result<Mapping> Mapping::Map(const Fd& fd, std::uint64_t size_bytes, int protection,
                                   int flags) {
  Mapping mapping;
  if (size_bytes == 0) {
    return mapping;
  }
  const std::optional<std::size_t> size = base::CheckedCast<std::size_t>(size_bytes);
  if (!size) {
    return base::MakeError(base::ErrorKind::kLimit, "map: too large for the address space");
  }
  void* address = ::mmap(nullptr, *size, protection, flags, fd.get(), 0);
  if (address == MAP_FAILED) {
    return ErrnoError("map a file", errno);
  }
  mapping.data_ = static_cast<std::byte*>(address);
  mapping.size_ = *size;
  return mapping;
}

base::Result<Mapping> Mapping::ReadOnly(const Fd& fd, std::uint64_t size_bytes) {
  return Map(fd, size_bytes, PROT_READ, MAP_PRIVATE);
}

base::Result<Mapping> Mapping::Shared(const Fd& fd, std::uint64_t size_bytes) {
  return Map(fd, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
}

base::Result<Fd> CreateMemfd(const char* name, std::uint64_t size_bytes) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) {
    return ErrnoError("create a memory file", errno);
  }
  if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) != 0) {
    return ErrnoError("size a memory file", errno);
  }
  return fd;
}

base::Result<Fd> CreateMemfd(const char* name, base::Bytes bytes) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) {
    return ErrnoError("create a memory file", errno);
  }
  DAY_TRY(WriteAll(fd.get(), bytes));
  return fd;
}

base::Status SealMemfd(const Fd& fd) {
  if (::fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) {
    return ErrnoError("seal a memory file", errno);
  }
  return base::OkStatus();
}

bool IsSealedMemfd(const Fd& fd) {
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

}  // namespace day::os
