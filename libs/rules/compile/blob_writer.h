// Puts the sections of a compiled rule set together (see layout.h).
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "libs/base/result.h"
#include "libs/rules/compile/layout.h"

namespace day::rules::compile {

// Texts of a blob, each stored once. References hold however much is added later.
class TextPool {
 public:
  TextRef Add(std::string_view text);
  const std::string& bytes() const { return bytes_; }
  // More text than 32-bit offsets can reach was added; the references are void.
  bool overflowed() const { return overflowed_; }

 private:
  std::string bytes_;
  std::unordered_map<std::string, TextRef> known_;
  bool overflowed_ = false;
};

class BlobWriter {
 public:
  void Put(Section section, std::string bytes) {
    sections_[static_cast<std::size_t>(section)] = std::move(bytes);
  }
  // REQUIRES: T has no padding, so that equal values give equal bytes.
  template <typename T>
  void Put(Section section, const std::vector<T>& items) {
    static_assert(std::has_unique_object_representations_v<T>);
    std::string bytes(items.size() * sizeof(T), '\0');
    if (!items.empty()) {
      std::memcpy(bytes.data(), items.data(), bytes.size());
    }
    Put(section, std::move(bytes));
  }
  std::string Finish() const;

 private:
  std::string sections_[kSectionCount];
};

}  // namespace day::rules::compile
