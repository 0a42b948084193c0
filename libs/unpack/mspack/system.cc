#include "libs/unpack/mspack/system.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "libs/unpack/mspack/mspack_reader.h"

namespace day::unpack::mspack {

struct System::File {
  mspack_file base;
  System* owner;
  bool is_output;
  bool is_open;
  std::uint64_t position;
};

System::System(base::Bytes file) : calls_{}, file_(file) {
  calls_.base = {&Open,    &Close, &Read, &Write, &Seek,  &Tell,
                 &Message, &Alloc, &Free, &Copy,  nullptr};
  calls_.owner = this;
}

System::~System() = default;

mspack_file* System::Open(mspack_system* self, const char*, int mode) {
  System* owner = reinterpret_cast<Calls*>(self)->owner;
  const bool is_output = mode != MSPACK_SYS_OPEN_READ;
  // One of each kind is open at a time: a file that was closed is used again.
  for (const std::unique_ptr<File>& file : owner->files_) {
    if (!file->is_open && file->is_output == is_output) {
      file->is_open = true;
      file->position = 0;
      return &file->base;
    }
  }
  owner->files_.push_back(std::make_unique<File>(File{{}, owner, is_output, true, 0}));
  return &owner->files_.back()->base;
}

// libmspack asks even for files that it failed to open, or has closed.
System::File* System::OpenFile(mspack_file* handle) {
  File* file = reinterpret_cast<File*>(handle);
  return file != nullptr && file->is_open ? file : nullptr;
}

void System::Close(mspack_file* handle) {
  if (File* file = OpenFile(handle)) {
    file->is_open = false;
  }
}

int System::Read(mspack_file* handle, void* buffer, int bytes) {
  File* file = OpenFile(handle);
  if (file == nullptr || file->is_output || bytes < 0) {
    return -1;
  }
  const base::Bytes piece =
      base::ClippedSlice(file->owner->file_, file->position, static_cast<std::uint64_t>(bytes));
  if (!piece.empty()) {
    std::memcpy(buffer, piece.data(), piece.size());
    file->position += piece.size();
  }
  return static_cast<int>(piece.size());
}

int System::Write(mspack_file* handle, void* buffer, int bytes) {
  File* file = OpenFile(handle);
  if (file == nullptr || !file->is_output || bytes < 0 || file->owner->sink_ == nullptr) {
    return -1;
  }
  const base::Bytes piece(static_cast<const std::byte*>(buffer), static_cast<std::size_t>(bytes));
  return file->owner->sink_->Write(piece) ? bytes : -1;
}

int System::Seek(mspack_file* handle, off_t offset, int mode) {
  File* file = OpenFile(handle);
  if (file == nullptr || file->is_output) {
    return -1;
  }
  const auto size = static_cast<std::int64_t>(file->owner->file_.size());
  std::int64_t from = 0;
  if (mode == MSPACK_SYS_SEEK_CUR) {
    from = static_cast<std::int64_t>(file->position);
  } else if (mode == MSPACK_SYS_SEEK_END) {
    from = size;
  }
  std::int64_t target = 0;
  if (__builtin_add_overflow(from, std::int64_t{offset}, &target) || target < 0 || target > size) {
    return -1;
  }
  file->position = static_cast<std::uint64_t>(target);
  return 0;
}

off_t System::Tell(mspack_file* handle) {
  const File* file = OpenFile(handle);
  return file != nullptr ? static_cast<off_t>(file->position) : 0;
}

void System::Message(mspack_file*, const char*, ...) {}

void* System::Alloc(mspack_system*, std::size_t bytes) {
  return bytes <= kAllocationBytesMax ? std::malloc(bytes) : nullptr;
}

void System::Free(void* pointer) { std::free(pointer); }

void System::Copy(void* source, void* target, std::size_t bytes) {
  std::memcpy(target, source, bytes);
}

std::string_view ReasonOf(int error) {
  switch (error) {
    case MSPACK_ERR_OK:
      return {};
    case MSPACK_ERR_SEEK:
    case MSPACK_ERR_READ:
      return parts::kEndsTooEarly;
    case MSPACK_ERR_NOMEMORY:
      return "limit memory_bytes_max";
    case MSPACK_ERR_CHECKSUM:
      return "damaged: wrong checksum";
    case MSPACK_ERR_SIGNATURE:
    case MSPACK_ERR_DATAFORMAT:
      return "damaged: invalid headers";
    case MSPACK_ERR_DECRUNCH:
    case MSPACK_ERR_CRUNCH:
      return "damaged: invalid compressed data";
    default:
      return "damaged: cannot be decoded";
  }
}

}  // namespace day::unpack::mspack
