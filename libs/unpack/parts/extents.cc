#include "libs/unpack/parts/extents.h"

#include <algorithm>
#include <array>

namespace day::unpack::parts {
namespace {

constexpr std::array<std::byte, 4096> kZeros{};

void WriteZeros(std::uint64_t count, Sink& sink) {
  while (count > 0) {
    const std::uint64_t some = std::min<std::uint64_t>(count, kZeros.size());
    if (!sink.Write(base::Bytes(kZeros).first(static_cast<std::size_t>(some)))) {
      return;
    }
    count -= some;
  }
}

void AppendUtf8(std::uint32_t code, std::string& out) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | ((code >> shift) & 0x3F));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

void WriteExtents(base::Bytes image, std::span<const Extent> extents, std::uint64_t size,
                  Sink& sink) {
  for (const Extent& extent : extents) {
    const std::uint64_t wanted = std::min(extent.size, size);
    size -= wanted;
    if (extent.is_hole) {
      WriteZeros(wanted, sink);
    } else {
      const base::Bytes bytes = base::ClippedSlice(image, extent.offset, wanted);
      sink.Write(bytes);
      if (bytes.size() < wanted) {
        sink.End(kEndsTooEarly);
      }
    }
    if (!sink.ok() || size == 0) {
      return;
    }
  }
  if (size > 0) {
    sink.End(kEndsTooEarly);
  }
}

Member ExtentsMember(std::string name, base::Bytes image, std::span<const Extent> extents,
                     std::uint64_t size, base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (!extents.empty() && !extents[0].is_hole && extents[0].size >= size) {
    if (const auto view = base::Slice(image, extents[0].offset, size)) {
      return StoredMember(std::move(name), *view, budget);
    }
  }
  buffer.Clear();
  Sink sink(image.size(), budget, buffer);
  WriteExtents(image, extents, size, sink);
  Member member;
  member.name = std::move(name);
  member.content = sink.content();
  member.gap = sink.gap();
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

bool SharingMeter::Add(std::uint64_t size) {
  const std::uint64_t taken = std::min(size, image_size_);
  if (taken > left_) {
    return false;
  }
  left_ -= taken;
  return true;
}

std::string JoinPath(std::string_view parent, std::string_view name) {
  std::string path(parent);
  if (!path.empty()) {
    path += '/';
  }
  path += name;
  path.resize(std::min(path.size(), kPathBytesMax));
  return path;
}

std::string Utf8OfUtf16(base::Bytes text, base::Endian endian) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  std::string out;
  for (std::uint64_t at = 0; at < text.size(); at += 2) {
    const auto unit = base::ReadAt<std::uint16_t>(text, at, endian);
    std::uint32_t code = unit.value_or(kReplacement);
    if (code >= 0xD800 && code < 0xE000) {
      const auto low = base::ReadAt<std::uint16_t>(text, at + 2, endian);
      if (code < 0xDC00 && low && *low >= 0xDC00 && *low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00u);
        at += 2;
      } else {
        code = kReplacement;
      }
    }
    AppendUtf8(code, out);
  }
  return out;
}

}  // namespace day::unpack::parts
