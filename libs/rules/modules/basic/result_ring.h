// Storage for the texts that functions return: a string lives until the next Clear() or until
// kResultsMax more results were returned, whichever comes first. A rule reads a result at once, so
// this bounds what a loop of calls over a file can hold. Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace day::rules::modules::basic {

class ResultRing {
 public:
  static constexpr std::size_t kResultsMax = 4096;

  std::string_view Keep(std::string text) {
    if (slots_.size() < kResultsMax) {
      // Reserved once, so that earlier short strings (stored in place) do not move.
      slots_.reserve(kResultsMax);
      return slots_.emplace_back(std::move(text));
    }
    std::string& slot = slots_[next_];
    next_ = (next_ + 1) % kResultsMax;
    slot = std::move(text);
    return slot;
  }

  void Clear() {
    slots_.clear();
    next_ = 0;
  }

 private:
  std::vector<std::string> slots_;
  std::size_t next_ = 0;
};

}  // namespace day::rules::modules::basic
