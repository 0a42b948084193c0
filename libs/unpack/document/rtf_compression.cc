#include "libs/unpack/document/rtf_compression.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace day::unpack::document {
namespace {

constexpr std::uint32_t kCompressed = 0x75465A4C;
constexpr std::uint32_t kUncompressed = 0x414C454D;
constexpr std::uint64_t kHeaderBytes = 16;
constexpr std::size_t kWindowBytes = 4096;
// What the window holds before the first byte.
constexpr std::string_view kWindowStart =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
static_assert(kWindowStart.size() == 207);

}  // namespace

std::string DecompressRtf(base::Bytes bytes, std::uint64_t size_max) {
  const auto kind = base::ReadAt<std::uint32_t>(bytes, 8);
  std::string out;
  if (kind == kUncompressed) {
    return std::string(base::AsText(base::ClippedSlice(bytes, kHeaderBytes, size_max)));
  }
  if (kind != kCompressed) {
    return out;
  }
  std::array<char, kWindowBytes> window{};
  std::copy(kWindowStart.begin(), kWindowStart.end(), window.begin());
  std::size_t end = kWindowStart.size();
  const auto put = [&](char c) {
    window[end] = c;
    end = (end + 1) % kWindowBytes;
    out += c;
  };
  base::ByteReader reader(bytes);
  reader.Seek(kHeaderBytes);
  while (reader.ok() && reader.remaining() > 0) {
    unsigned flags = reader.U8();
    for (int bit = 0; bit < 8 && reader.remaining() > 0; ++bit, flags >>= 1) {
      if ((flags & 1) == 0) {
        put(static_cast<char>(reader.U8()));
      } else {
        const unsigned high = reader.U8();
        const unsigned token = (high << 8) | reader.U8();
        const std::size_t from = token >> 4;
        // A match at the window's own end is the end of the text.
        if (!reader.ok() || from == end) {
          return out;
        }
        for (std::size_t i = 0; i < (token & 0xF) + 2; ++i) {
          put(window[(from + i) % kWindowBytes]);
        }
      }
      if (out.size() >= size_max) {
        out.resize(static_cast<std::size_t>(size_max));
        return out;
      }
    }
  }
  return out;
}

}  // namespace day::unpack::document
