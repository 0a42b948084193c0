// What libmspack asks of the world, answered from memory: the file, a Sink, and bounded pieces of
// memory.
// Only for the files of this folder. Not thread-safe; must not move while libmspack knows it.
#pragma once

#include <mspack.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::mspack {

class System {
 public:
  explicit System(base::Bytes file);
  ~System();
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  mspack_system* get() { return &calls_.base; }
  // Where the next extraction writes; null: nowhere.
  void SetSink(parts::Sink* sink) { sink_ = sink; }

 private:
  // Open() gets the address of `base`; the pointer behind it leads back here. Alloc() may get that
  // of a copy that libmspack made, so it can count nothing.
  struct Calls {
    mspack_system base;
    System* owner;
  };
  struct File;

  static File* OpenFile(mspack_file* handle);

  static mspack_file* Open(mspack_system* self, const char* name, int mode);
  static void Close(mspack_file* file);
  static int Read(mspack_file* file, void* buffer, int bytes);
  static int Write(mspack_file* file, void* buffer, int bytes);
  static int Seek(mspack_file* file, off_t offset, int mode);
  static off_t Tell(mspack_file* file);
  static void Message(mspack_file* file, const char* format, ...);
  static void* Alloc(mspack_system* self, std::size_t bytes);
  static void Free(void* pointer);
  static void Copy(void* source, void* target, std::size_t bytes);

  Calls calls_;
  std::vector<std::unique_ptr<File>> files_;
  base::Bytes file_;
  parts::Sink* sink_ = nullptr;
};

// The gap for one of libmspack's error numbers; empty for success.
std::string_view ReasonOf(int error);

}  // namespace day::unpack::mspack
