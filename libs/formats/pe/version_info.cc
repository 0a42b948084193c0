#include "libs/formats/pe/version_info.h"

#include <algorithm>

namespace day::formats::pe {
namespace {

// Every block of the structure begins with its length, its value's length, its type, and a key.
constexpr std::uint64_t kHeaderSizeBytes = 6;
// VS_VERSION_INFO's key, padding and VS_FIXEDFILEINFO.
constexpr std::uint64_t kRootRestSizeBytes = 86;
// "StringFileInfo" with its zero.
constexpr std::uint64_t kStringFileInfoKeySizeBytes = 30;

// A block at `offset` moved on by `size`, which is rounded up to four. Not the sum: that is YARA's
// way, and differs for blocks at odd places.
std::uint64_t Advance(std::uint64_t offset, std::uint64_t size) {
  return offset + ((size + 3) & ~std::uint64_t{3});
}

std::uint16_t LengthAt(base::Bytes file, std::uint64_t offset) {
  return base::ReadAt<std::uint16_t>(file, offset).value_or(0);
}

// True if the block's key is `key`, with its zero. YARA asks for room for the key, its zero in
// bytes and in characters, which is one character more than needed: sizeof("key") * 2.
bool HasKey(base::Bytes file, std::uint64_t offset, std::string_view key) {
  const auto bytes = base::Slice(file, offset + kHeaderSizeBytes, (key.size() + 1) * 2);
  if (!bytes) {
    return false;
  }
  for (std::size_t i = 0; i <= key.size(); ++i) {
    const char expected = i < key.size() ? key[i] : '\0';
    if (std::to_integer<char>((*bytes)[2 * i]) != expected || (*bytes)[2 * i + 1] != std::byte{0}) {
      return false;
    }
  }
  return true;
}

// The number of UTF-16 characters before the zero character, if there is one in the file.
std::optional<std::uint64_t> WideSize(base::Bytes file, std::uint64_t offset) {
  const base::Bytes rest = base::ClippedSlice(file, offset, file.size());
  for (std::size_t i = 0; i + 1 < rest.size(); i += 2) {
    if (rest[i] == std::byte{0} && rest[i + 1] == std::byte{0}) {
      return i / 2;
    }
  }
  return std::nullopt;
}

// What looking for that zero cost, in characters.
std::uint64_t WideCost(base::Bytes file, std::uint64_t offset, std::optional<std::uint64_t> size) {
  return 1 + size.value_or(base::ClippedSlice(file, offset, file.size()).size() / 2);
}

}  // namespace

void VersionInfo::Clear() {
  entries_.clear();
  text_.clear();
  steps_ = 0;
}

bool VersionInfo::Spend(std::uint64_t bytes) {
  steps_ += bytes;
  return steps_ <= kVersionInfoStepsMax && entries_.size() < kVersionInfoCountMax;
}

std::string_view VersionInfo::key(std::size_t index) const {
  return {text_.data() + entries_[index].begin, entries_[index].key_size};
}

std::string_view VersionInfo::value(std::size_t index) const {
  const Entry& entry = entries_[index];
  return {text_.data() + entry.begin + entry.key_size, entry.value_size};
}

void VersionInfo::Add(const PeReader& pe, std::uint32_t rva) {
  const base::Bytes file = pe.file();
  const auto start = pe.RvaToOffset(rva);
  if (!start || !HasKey(file, *start, "VS_VERSION_INFO")) {
    return;
  }
  std::uint64_t block = Advance(*start, kHeaderSizeBytes + kRootRestSizeBytes);
  while (HasKey(file, block, "VarFileInfo") && LengthAt(file, block) != 0 && Spend(1)) {
    block = Advance(block, LengthAt(file, block));
  }
  while (HasKey(file, block, "StringFileInfo") && LengthAt(file, block) != 0 && Spend(1)) {
    const std::uint64_t tables = Advance(block, kHeaderSizeBytes + kStringFileInfoKeySizeBytes);
    block = Advance(block, LengthAt(file, block));
    AddStringTables(file, tables, block);
  }
}

void VersionInfo::AddStringTables(base::Bytes file, std::uint64_t offset, std::uint64_t end) {
  while (offset < end && base::Slice(file, offset, kHeaderSizeBytes)) {
    const std::uint64_t key = offset + kHeaderSizeBytes;
    const auto key_size = WideSize(file, key);
    const std::uint16_t length = LengthAt(file, offset);
    if (!Spend(WideCost(file, key, key_size)) || !key_size || length == 0) {
      return;
    }
    const std::uint64_t strings = Advance(offset, kHeaderSizeBytes + 2 * (*key_size + 1));
    offset = Advance(offset, length);
    AddStrings(file, strings, offset);
  }
}

void VersionInfo::AddStrings(base::Bytes file, std::uint64_t offset, std::uint64_t end) {
  while (offset < end && base::Slice(file, offset, kHeaderSizeBytes)) {
    const std::uint64_t key = offset + kHeaderSizeBytes;
    const auto key_size = WideSize(file, key);
    const std::uint16_t length = LengthAt(file, offset);
    if (!Spend(WideCost(file, key, key_size)) || !key_size || length == 0) {
      return;
    }
    const std::uint64_t value = Advance(offset, kHeaderSizeBytes + 2 * (*key_size + 1));
    const auto value_size = WideSize(file, value);
    if (!Spend(WideCost(file, value, value_size))) {
      return;
    }
    if (value_size) {
      AddString(file, key, value, LengthAt(file, offset + 2) != 0);
    }
    offset = Advance(offset, length);
  }
}

void VersionInfo::AddString(base::Bytes file, std::uint64_t key, std::uint64_t value,
                            bool has_value) {
  const std::uint32_t begin = static_cast<std::uint32_t>(text_.size());
  const auto append = [&](std::uint64_t offset, std::size_t size_max) {
    std::uint16_t size = 0;
    for (; size < size_max; ++size) {
      const std::uint8_t low = base::ReadAt<std::uint8_t>(file, offset + 2u * size).value_or(0);
      if (low == 0) {
        break;
      }
      text_.push_back(static_cast<char>(low));
    }
    return size;
  };
  const std::uint16_t key_size = append(key, kVersionKeySizeMax);
  const std::uint16_t value_size =
      has_value ? append(value, kVersionValueSizeMax) : std::uint16_t{0};
  entries_.push_back({begin, key_size, value_size, key});
}

}  // namespace day::formats::pe
