// Arguments of functions over a part of the file, as YARA reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"

namespace day::rules::modules::basic {

// [offset, offset + length) of the file, cut at its end. Nothing if either is negative or the range
// starts at or after the end (so everything is undefined on an empty file).
inline std::optional<base::Bytes> FileRange(base::Bytes file, std::int64_t offset,
                                            std::int64_t length) {
  if (offset < 0 || length < 0 || static_cast<std::uint64_t>(offset) >= file.size()) {
    return std::nullopt;
  }
  return base::ClippedSlice(file, static_cast<std::uint64_t>(offset),
                            static_cast<std::uint64_t>(length));
}

// Up to the first zero byte: some of YARA's functions see their argument as a C string.
inline std::string_view AsCString(std::string_view text) { return text.substr(0, text.find('\0')); }

}  // namespace day::rules::modules::basic
