#include "libs/unpack/szdd/szdd_reader.h"

#include <algorithm>
#include <utility>

#include "libs/unpack/parts/sink.h"
#include "libs/unpack/szdd/kwaj.h"

namespace day::unpack::szdd {
namespace {

using std::string_view_literals::operator""sv;
using parts::Member;
using parts::Sink;

constexpr std::string_view kSzdd = "SZDD"sv;  // then always 88 F0 27 33
constexpr std::uint64_t kMagicBytes = 8;
constexpr std::string_view kQbasic = "SZ \x88\xF0\x27\x33\xD1"sv;
constexpr std::string_view kKwaj = "KWAJ\x88\xF0\x27\xD1"sv;
constexpr std::uint64_t kSizeUnknown = ~std::uint64_t{0};
constexpr std::uint64_t kWindowBytes = 4096;

// LZSS: a byte of flags, lowest bit first: 1 is a literal, 0 a place in a window of 4096 blanks
// (12 bits) and a length (4 bits, 3 added). The window is written from `start` on. Ends with the
// input, whatever size is declared.
void DecodeLzss(base::Bytes packed, std::uint64_t start, Sink& sink) {
  base::ByteReader reader(packed);
  while (sink.ok() && reader.remaining() > 0) {
    unsigned flags = reader.U8();
    for (int i = 0; i < 8 && sink.ok(); ++i, flags >>= 1) {
      if (reader.remaining() < ((flags & 1) != 0 ? 1u : 2u)) {
        return;
      }
      if ((flags & 1) != 0) {
        sink.Put(reader.U8());
        continue;
      }
      const std::uint64_t low = reader.U8();
      const std::uint64_t high = reader.U8();
      const std::uint64_t place = low | (high & 0xF0) << 4;
      const std::uint64_t now = (start + sink.produced()) % kWindowBytes;
      const std::uint64_t distance = (now - place) % kWindowBytes;
      const std::uint64_t length = (high & 0x0F) + 3;
      sink.CopyBack(distance == 0 ? kWindowBytes : distance, length, Sink::Before::kBlanks);
    }
  }
}

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// The last letter of the name was replaced by "_", and the header may keep it.
std::string PlainName(std::string_view name, std::uint8_t letter) {
  std::string plain(BaseName(name));
  if (plain.size() < 2 || plain.back() != '_') {
    return "(content)";
  }
  plain.pop_back();
  if (letter > ' ' && letter < 0x7F) {
    plain.push_back(static_cast<char>(letter));
  }
  return plain;
}

// KWAJ's optional fields, in this order.
struct KwajHeader {
  std::uint16_t method = 0;
  std::uint16_t offset = 0;
  std::uint64_t size = kSizeUnknown;
  std::string name;
};

KwajHeader ReadKwajHeader(base::Bytes file) {
  KwajHeader header;
  base::ByteReader reader(file);
  reader.Skip(kKwaj.size());
  header.method = reader.U16();
  header.offset = reader.U16();
  const std::uint16_t fields = reader.U16();
  if ((fields & 1) != 0) {
    header.size = reader.U32();
  }
  reader.Skip((fields & 2) != 0 ? 2 : 0);
  if ((fields & 4) != 0) {
    reader.Skip(reader.U16());
  }
  constexpr std::size_t kNameBytesMax = 9;
  constexpr std::size_t kEndingBytesMax = 4;
  const auto take_text = [&](std::size_t size_max) {
    const std::string_view text = base::CStringAt(file, reader.offset(), size_max);
    reader.Skip(text.size() + 1);
    return std::string(text);
  };
  if ((fields & 8) != 0) {
    header.name = take_text(kNameBytesMax);
  }
  if ((fields & 16) != 0) {
    header.name += "." + take_text(kEndingBytesMax);
  }
  return header;
}

}  // namespace

bool SzddReader::IsSzdd(base::Bytes file) {
  const std::string_view text = base::AsText(file);
  return text.starts_with(kSzdd) || text.starts_with(kQbasic) || text.starts_with(kKwaj);
}

// What was decoded: first as much as is declared, then all if that is more.
Member SzddReader::Finish(std::string name, std::uint64_t size, base::Bytes content,
                          std::string gap) {
  const bool goes_on = std::exchange(is_beyond_, false);
  Member member;
  member.name = goes_on ? "(beyond the declared size)" : std::move(name);
  member.content = content;
  member.gap = std::move(gap);
  if (!goes_on && size != kSizeUnknown && content.size() < size && member.gap.empty()) {
    member.gap = parts::kEndsTooEarly;
  }
  if (!goes_on && content.size() > size) {
    member.content = content.first(size);
    is_beyond_ = true;
  }
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

Member SzddReader::ReadKwaj(base::Budget& budget, inflate::OutputBuffer& buffer) {
  KwajHeader header = ReadKwajHeader(file_);
  std::string name = header.name.empty() ? PlainName(name_, 0) : std::move(header.name);
  const base::Bytes packed = base::ClippedSlice(file_, header.offset, file_.size());
  if (header.method == 4) {
    std::string gap = DecodeMszip(packed, budget, buffer);
    return Finish(std::move(name), header.size, buffer.bytes(), std::move(gap));
  }
  Sink sink(packed.size(), budget, buffer);
  std::uint64_t size = header.size;
  if (header.method == 0 || header.method == 1) {
    size = kSizeUnknown;
    for (std::size_t i = 0; i < packed.size() && sink.ok(); ++i) {
      sink.Put(static_cast<std::uint8_t>(std::to_integer<unsigned>(packed[i]) ^
                                         (header.method == 1 ? 0xFFu : 0u)));
    }
  } else if (header.method == 2) {
    DecodeLzss(packed, kWindowBytes - 18, sink);
  } else if (header.method == 3) {
    DecodeJohnson(packed, sink);
  } else {
    sink.End("unsupported: KWAJ method " + std::to_string(header.method));
  }
  return Finish(std::move(name), size, sink.content(), sink.gap());
}

Member SzddReader::ReadSzdd(base::Budget& budget, inflate::OutputBuffer& buffer) {
  const bool is_qbasic = base::AsText(file_).starts_with(kQbasic);
  base::ByteReader reader(file_);
  reader.Skip(kMagicBytes);
  std::uint8_t letter = 0;
  if (!is_qbasic) {
    reader.U8();  // the method: "A"
    letter = reader.U8();
  }
  const std::uint32_t size = reader.U32();
  const base::Bytes packed = reader.Take(reader.remaining());
  Sink sink(packed.size(), budget, buffer);
  DecodeLzss(packed, kWindowBytes - (is_qbasic ? 18 : 16), sink);
  return Finish(PlainName(name_, letter), size, sink.content(), sink.gap());
}

std::optional<Member> SzddReader::Next(base::Budget& budget, inflate::OutputBuffer& buffer) {
  if (std::exchange(is_given_, true) && !is_beyond_) {
    return std::nullopt;
  }
  buffer.Clear();
  return base::AsText(file_).starts_with(kKwaj) ? ReadKwaj(budget, buffer)
                                                : ReadSzdd(budget, buffer);
}

}  // namespace day::unpack::szdd
