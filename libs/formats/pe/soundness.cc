#include "libs/formats/pe/soundness.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "libs/formats/pe/pe_format.h"

namespace day::formats::pe {
namespace {

using base::ReadAt;

// Optional headers up to their directories.
constexpr std::uint64_t kOptional32Bytes = 96;
constexpr std::uint64_t kOptional64Bytes = 112;
constexpr std::uint16_t kSubsystemNative = 1;
constexpr std::uint32_t kSignBit = 0x80000000;

// Rounded down and up; an alignment of 0 changes nothing.
std::uint64_t Down(std::uint64_t value, std::uint64_t alignment) {
  return alignment == 0 ? value : value - value % alignment;
}
std::uint64_t Up(std::uint64_t value, std::uint64_t alignment) {
  return alignment == 0 ? value : Down(value + alignment - 1, alignment);
}

struct Headers {
  std::uint64_t sections_offset = 0;
  std::uint64_t section_count = 0;
  std::uint32_t entry_point = 0;
  std::uint32_t section_alignment = 0;
  std::uint32_t file_alignment = 0;
  std::uint32_t size_of_headers = 0;
};

struct SectionRange {
  std::uint64_t rva = 0;
  std::uint64_t virtual_size = 0;
  std::uint64_t raw_size = 0;
  bool is_outside = false;  // begins behind the end of the file
};

// Nothing if they are broken. REQUIRES: "PE\0\0" at `at`, and a whole file header behind it.
std::optional<Headers> ReadHeaders(base::Bytes file, std::uint64_t at) {
  Headers headers;
  const std::uint64_t optional_at = at + sizeof(kNtSignature) + kFileHeaderSizeBytes;
  headers.section_count = ReadAt<std::uint16_t>(file, at + 6).value_or(0);
  const std::uint16_t optional_size = ReadAt<std::uint16_t>(file, at + 20).value_or(0);
  const auto optional_header = base::Slice(file, optional_at, kOptional32Bytes);
  if (headers.section_count == 0 || optional_size < kOptional32Bytes || !optional_header) {
    return std::nullopt;
  }
  const base::Bytes fields = *optional_header;
  if (ReadAt<std::uint16_t>(fields, 0) == kOptionalHeader64Magic &&
      (optional_size < kOptional64Bytes || !base::Slice(file, optional_at, kOptional64Bytes))) {
    return std::nullopt;
  }
  headers.sections_offset = optional_at + optional_size;
  headers.entry_point = ReadAt<std::uint32_t>(fields, 16).value_or(0);
  headers.section_alignment = ReadAt<std::uint32_t>(fields, 32).value_or(0);
  headers.file_alignment = ReadAt<std::uint32_t>(fields, 36).value_or(0);
  headers.size_of_headers = ReadAt<std::uint32_t>(fields, 60).value_or(0);
  const bool is_native = ReadAt<std::uint16_t>(fields, 68) == kSubsystemNative;
  const bool aligned =
      headers.section_alignment != 0 && headers.section_alignment % kPageSizeBytes == 0 &&
      headers.file_alignment != 0 && headers.file_alignment % kSectorSizeBytes == 0;
  if (!is_native && !aligned) {
    return std::nullopt;
  }
  return headers;
}

// The alignment of raw data: sectors, if a section shows that the header's is not kept.
std::uint64_t RawAlignment(base::Bytes table, std::uint64_t alignment) {
  for (std::uint64_t at = 0; at < table.size() && alignment != 0; at += kSectionHeaderSizeBytes) {
    const std::uint32_t raw_size = ReadAt<std::uint32_t>(table, at + 16).value_or(0);
    const std::uint32_t raw = ReadAt<std::uint32_t>(table, at + 20).value_or(0);
    if (raw_size != 0 && raw % alignment != 0 && raw % kSectorSizeBytes == 0) {
      return kSectorSizeBytes;
    }
  }
  return alignment;
}

// Nothing if the section is broken by itself.
std::optional<SectionRange> ReadSection(base::Bytes header, std::uint64_t file_size,
                                        const Headers& headers, std::uint64_t raw_alignment) {
  const std::uint32_t virtual_size = ReadAt<std::uint32_t>(header, 8).value_or(0);
  const std::uint32_t rva = ReadAt<std::uint32_t>(header, 12).value_or(0);
  const std::uint32_t raw_size = ReadAt<std::uint32_t>(header, 16).value_or(0);
  const std::uint32_t raw = ReadAt<std::uint32_t>(header, 20).value_or(0);
  const std::uint64_t alignment = headers.section_alignment;
  SectionRange range;
  range.rva = Down(rva, alignment);
  range.virtual_size = Up(virtual_size, alignment);
  range.raw_size = Up(raw_size, raw_alignment);
  if (range.virtual_size == 0 && range.raw_size != 0) {
    range.virtual_size = Up(raw_size, alignment);
  }
  const std::uint64_t offset = Down(raw, raw_alignment);
  if (range.raw_size != 0 && file_size > offset) {
    range.raw_size = std::min(range.raw_size, file_size - offset);
  }
  const bool misaligned = alignment == 0 || rva % alignment != 0;
  range.is_outside = raw_size != 0 && (offset >= file_size || raw >= file_size);
  const bool negative =
      ((rva | virtual_size | raw_size) & kSignBit) != 0 || (raw_size != 0 && (raw & kSignBit) != 0);
  return misaligned || negative ? std::nullopt : std::optional(range);
}

}  // namespace

bool IsBroken(base::Bytes file) {
  if (!base::AsText(file).starts_with("MZ")) {
    return false;
  }
  const auto at = ReadAt<std::uint32_t>(file, kNewHeaderPointerOffset);
  if (!at) {
    return true;
  }
  if (*at == 0 || !base::Slice(file, *at, sizeof(kNtSignature) + kFileHeaderSizeBytes) ||
      ReadAt<std::uint32_t>(file, *at) != kNtSignature) {
    return false;  // no PE file
  }
  // More sections than these load, but are not looked at.
  if (ReadAt<std::uint16_t>(file, *at + 6).value_or(0) > kSectionCountMax) {
    return false;
  }
  const std::optional<Headers> headers = ReadHeaders(file, *at);
  const auto table = headers ? base::Slice(file, headers->sections_offset,
                                           headers->section_count * kSectionHeaderSizeBytes)
                             : std::nullopt;
  if (!table) {
    return true;
  }
  const std::uint64_t raw_alignment = RawAlignment(*table, headers->file_alignment);
  const std::uint64_t headers_size = Up(headers->size_of_headers, headers->section_alignment);
  const std::uint64_t entry_point = headers->entry_point;
  bool entry_found = entry_point < headers_size && entry_point < file.size();
  std::uint64_t expected_rva = headers_size;
  std::uint64_t sections_left = headers->section_count;
  for (std::uint64_t i = 0; i < headers->section_count; ++i) {
    const std::optional<SectionRange> section =
        ReadSection(table->subspan(static_cast<std::size_t>(i * kSectionHeaderSizeBytes)),
                    file.size(), *headers, raw_alignment);
    // As if it were not there, unless no other is.
    if (section && section->is_outside && sections_left > 1) {
      --sections_left;
      continue;
    }
    // Sections follow each other without a hole in memory.
    if (!section || section->is_outside || section->rva != expected_rva) {
      return true;
    }
    expected_rva = section->rva + section->virtual_size;
    entry_found = entry_found || (entry_point >= headers_size && entry_point >= section->rva &&
                                  entry_point - section->rva < section->raw_size);
  }
  return !entry_found;
}

}  // namespace day::formats::pe
