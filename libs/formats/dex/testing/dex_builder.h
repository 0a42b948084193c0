// Builds small DEX files for tests and corpora, byte by byte. Header only, so that tests of other
// folders can use it. Every part can be made wrong afterwards: the result is a plain string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace day::formats::dex::testing {

inline void PutLe(std::string* out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    out->push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }
}

inline void PatchLe32(std::string* out, std::size_t offset, std::uint32_t value) {
  std::string word;
  PutLe(&word, value, 4);
  out->replace(offset, 4, word);
}

inline void PutUleb(std::string* out, std::uint32_t value) {
  while (value > 0x7F) {
    out->push_back(static_cast<char>(0x80 | (value & 0x7F)));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// One class "LDemo;" with a static field "count" (type "I"), an instance field "name" (type
// "LDemo;"), a direct method "<init>" with code, and a virtual method "run" without.
class DexBuilder {
 public:
  std::string Build() {
    static constexpr std::string_view kStrings[] = {"<init>", "I",    "LDemo;", "V",
                                                    "count",  "name", "run",    "Demo.java"};
    constexpr std::uint32_t kStringCount = 8;
    std::string out("dex\n035\0", 8);
    out.resize(112, '\0');
    PatchLe32(&out, 36, 112);
    PatchLe32(&out, 40, 0x12345678);
    const std::size_t strings = Begin(&out, 56, kStringCount);
    out.resize(out.size() + 4 * kStringCount, '\0');
    Begin(&out, 64, 3);
    for (const std::uint32_t string : {1u, 2u, 3u}) {
      PutLe(&out, string, 4);
    }
    Begin(&out, 72, 1);
    for (const std::uint32_t word : {3u, 2u, 0u}) {
      PutLe(&out, word, 4);
    }
    Begin(&out, 80, 2);
    PutRow(&out, 1, 0, 4);
    PutRow(&out, 1, 1, 5);
    Begin(&out, 88, 2);
    PutRow(&out, 1, 0, 0);
    PutRow(&out, 1, 0, 6);
    class_defs = Begin(&out, 96, 1);
    for (const std::uint32_t word : {1u, 1u, 2u, 0u, 7u, 0u, 0u, 0u}) {
      PutLe(&out, word, 4);
    }
    PatchLe32(&out, 108, static_cast<std::uint32_t>(out.size()));
    for (std::uint32_t i = 0; i < kStringCount; ++i) {
      PatchLe32(&out, strings + 4 * i, static_cast<std::uint32_t>(out.size()));
      PutUleb(&out, static_cast<std::uint32_t>(kStrings[i].size()));
      out.append(kStrings[i]).push_back('\0');
    }
    PutMap(&out);
    PutCodeAndClass(&out);
    PatchLe32(&out, 32, static_cast<std::uint32_t>(out.size()));
    return out;
  }

  // Offsets into the last file built.
  std::size_t class_defs = 0;
  std::size_t class_data = 0;
  std::size_t code = 0;
  std::size_t map = 0;

 private:
  static std::size_t Begin(std::string* out, std::size_t header_word, std::uint32_t rows) {
    PatchLe32(out, header_word, rows);
    PatchLe32(out, header_word + 4, static_cast<std::uint32_t>(out->size()));
    return out->size();
  }
  static void PutRow(std::string* out, std::uint16_t a, std::uint16_t b, std::uint32_t c) {
    PutLe(out, a, 2);
    PutLe(out, b, 2);
    PutLe(out, c, 4);
  }
  void PutMap(std::string* out) {
    map = out->size();
    PatchLe32(out, 52, static_cast<std::uint32_t>(map));
    PutLe(out, 2, 4);
    for (const std::uint32_t type : {0x0000u, 0x1000u}) {
      PutLe(out, type, 2);
      PutLe(out, 0, 2);
      PutLe(out, 1, 4);
      PutLe(out, type == 0 ? 0 : map, 4);
    }
  }
  void PutCodeAndClass(std::string* out) {
    code = out->size();
    for (const std::uint32_t word : {1u, 1u, 0u, 0u}) {
      PutLe(out, word, 2);
    }
    PutLe(out, 0, 4);
    PutLe(out, 1, 4);
    PutLe(out, 0x000E, 2);  // return-void
    class_data = out->size();
    PatchLe32(out, class_defs + 24, static_cast<std::uint32_t>(class_data));
    for (const std::uint32_t count : {1u, 1u, 1u, 1u}) {
      PutUleb(out, count);
    }
    for (const std::uint32_t word : {0u, 8u, 1u, 2u}) {
      PutUleb(out, word);
    }
    for (const std::uint32_t word : {0u, 0x10001u, static_cast<std::uint32_t>(code), 1u, 1u, 0u}) {
      PutUleb(out, word);
    }
    out->append(16, '\0');  // libyara wants this many bytes after a member's start
  }
};

}  // namespace day::formats::dex::testing
