// Files and texts that lie in a text in base64 or hexadecimal digits.
//
// A run of digits counts if what it decodes to starts as files do, or is text itself (in UTF-16 as
// well: PowerShell's -EncodedCommand). Lines of base64 that follow each other are one run. Linear.
// Functions without state: thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace day::unpack::script {

inline constexpr std::size_t kRunBytesMin = 40;

struct Blob {
  std::string_view form;  // "base64" or "hex"
  std::string content;
  bool is_text = false;
};

// The next one from `at` on; moves `at` behind it.
std::optional<Blob> FindBlob(std::string_view text, std::size_t& at);

}  // namespace day::unpack::script
