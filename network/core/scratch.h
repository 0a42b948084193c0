// A folder for work in between: empty at first and gone at the end.
//
// Not thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "libs/base/result.h"
#include "libs/os/file.h"

namespace day::network::core {

class Scratch {
 public:
  // What is in the folder is deleted.
  explicit Scratch(const std::string& path) : path_(path) {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
    std::filesystem::create_directories(path_, error);
  }
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Errors: as os::WriteFileAtomic().
  base::Status Write(const std::string& name, std::string_view text) const {
    return os::WriteFileAtomic(Path(name), base::AsBytes(text), 0644,
                               os::Durability::kCrashOfProcess);
  }
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace day::network::core
