#include "libs/unpack/lha/lha_reader.h"

#include <utility>

#include "libs/unpack/lha/lha_methods.h"
#include "libs/unpack/parts/lzh.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::lha {
namespace {

using Decoder = void (*)(base::Bytes packed, std::uint64_t size, parts::Sink& sink);

// Windows of 4 to 64 KiB, and UNLHA32's of 1 MiB, with blanks in front.
template <std::size_t places, unsigned place_count_bits>
void DecodeBlocks(base::Bytes packed, std::uint64_t size, parts::Sink& sink) {
  parts::DecodeLzh(packed, size, {places, place_count_bits, parts::Sink::Before::kBlanks}, sink);
}

struct Method {
  std::string_view name;
  Decoder decode;  // null: stored
};
constexpr Method kMethods[] = {
    {"-lh0-", nullptr},
    {"-lhd-", nullptr},
    {"-lz4-", nullptr},
    {"-pm0-", nullptr},
    {"-lh1-", &DecodeLh1},
    {"-lh4-", &DecodeBlocks<14, 4>},
    {"-lh5-", &DecodeBlocks<14, 4>},
    {"-lh6-", &DecodeBlocks<16, 5>},
    {"-lh7-", &DecodeBlocks<17, 5>},
    {"-lhx-", &DecodeBlocks<21, 5>},
    {"-lzs-", &DecodeLzs},
    {"-lz5-", &DecodeLz5},
};

const Method* FindMethod(std::string_view name) {
  for (const Method& method : kMethods) {
    if (method.name == name) {
      return &method;
    }
  }
  return nullptr;
}

parts::Member ReadMember(Header& header, base::Bytes packed, base::Budget& budget,
                         inflate::OutputBuffer& buffer) {
  const Method* method = FindMethod(header.method);
  parts::Member member;
  if (method == nullptr) {
    member.name = std::move(header.name);
    member.gap = "unsupported: method " + std::string(header.method);
    return member;
  }
  if (method->decode == nullptr) {
    member = parts::StoredMember(std::move(header.name), packed, budget);
  } else {
    buffer.Clear();
    parts::Sink sink(packed.size(), budget, buffer);
    method->decode(packed, header.size, sink);
    member.name = std::move(header.name);
    member.gap = sink.gap();
    member.content = sink.content();
  }
  if (member.gap.empty() && packed.size() < header.packed_size) {
    member.gap = parts::kEndsTooEarly;
  } else if (member.gap.empty() && Crc16(member.content) != header.checksum) {
    member.gap = "damaged: wrong checksum";
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

}  // namespace

// Moves to the next header whose own checksum fits.
bool LhaReader::Resync() {
  if (problem_.empty()) {
    problem_ = "damaged: no header where one should be";
  }
  while (candidates_ < kCandidatesMax && ++offset_ < file_.size()) {
    if (!HasMethod(file_, offset_)) {
      continue;
    }
    ++candidates_;
    if (const auto header = ReadHeader(file_, offset_); header && header->is_sure) {
      return true;
    }
  }
  return false;
}

std::optional<parts::Member> LhaReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  while (!ended_ && offset_ < file_.size()) {
    auto header = ReadHeader(file_, offset_);
    if (!header) {
      const bool is_end = file_[static_cast<std::size_t>(offset_)] == std::byte{0};
      ended_ = (is_end && !HasMethod(file_, offset_)) || !Resync();
      continue;
    }
    const base::Bytes packed = base::ClippedSlice(file_, header->data, header->packed_size);
    offset_ = header->data + packed.size();
    if (header->method != "-lhd-" || !packed.empty()) {
      parts::Member member = ReadMember(*header, packed, budget, buffer);
      member.facts = {header->packed_size, header->size, std::nullopt};
      return member;
    }
  }
  ended_ = true;
  return std::nullopt;
}

}  // namespace day::unpack::lha
