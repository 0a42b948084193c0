// TextArena: text made while reading one file, kept until the next one. Blocks are reused.
//
// Not thread-safe. Views live until Clear(). Limit: kTextBytesMax, then nothing is stored.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace day::formats::dotnet {

// What all names and types built for one file may take. Real assemblies stay below a few megabytes;
// libyara has no such limit and takes gigabytes for some damaged files.
inline constexpr std::size_t kTextBytesMax = std::size_t{64} << 20;

class TextArena {
 public:
  void Clear() {
    block_ = 0;
    used_ = 0;
    total_ = 0;
    if (blocks_.size() > kBlocksKept) {
      blocks_.resize(kBlocksKept);
    }
  }

  // A copy of `text`, or nothing at the limit.
  std::optional<std::string_view> Store(std::string_view text) {
    if (text.empty()) {
      return std::string_view("");
    }
    if (text.size() > kBlockSize || total_ + text.size() > kTextBytesMax) {
      return std::nullopt;
    }
    if (block_ < blocks_.size() && kBlockSize - used_ < text.size()) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) {
      blocks_.push_back(std::make_unique<char[]>(kBlockSize));
    }
    char* const place = blocks_[block_].get() + used_;
    std::memcpy(place, text.data(), text.size());
    used_ += text.size();
    total_ += text.size();
    return std::string_view(place, text.size());
  }

 private:
  static constexpr std::size_t kBlockSize = std::size_t{256} << 10;
  static constexpr std::size_t kBlocksKept = 8;

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
  std::size_t total_ = 0;
};

}  // namespace day::formats::dotnet
