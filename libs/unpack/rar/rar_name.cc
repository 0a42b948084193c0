#include "libs/unpack/rar/rar_name.h"

#include <vector>

#include "libs/unpack/parts/extents.h"

namespace day::unpack::rar {

std::string UnpackName(base::Bytes packed) {
  const std::string_view text = base::AsText(packed);
  const std::size_t narrow_size = text.find('\0');
  if (narrow_size == std::string_view::npos) {
    return std::string(text);
  }
  const std::string_view narrow = text.substr(0, narrow_size);
  base::ByteReader reader(packed.subspan(narrow_size + 1));
  const auto high = static_cast<unsigned>(reader.U8()) << 8;
  std::vector<std::byte> wide;
  const auto put = [&wide](unsigned unit) {
    wide.push_back(static_cast<std::byte>(unit));
    wide.push_back(static_cast<std::byte>(unit >> 8));
  };
  unsigned flags = 0;
  for (unsigned left = 0; reader.ok() && reader.remaining() > 0; flags <<= 2, --left) {
    if (left == 0) {
      flags = reader.U8();
      left = 4;
    }
    switch (flags >> 6 & 3) {
      case 0:
        put(reader.U8());
        break;
      case 1:
        put(reader.U8() | high);
        break;
      case 2:
        put(reader.U16());
        break;
      default: {
        // So many characters of the narrow name, perhaps all moved by as much.
        const unsigned count = reader.U8();
        const bool is_moved = (count & 0x80) != 0;
        const unsigned by = is_moved ? reader.U8() : 0;
        for (unsigned i = (count & 0x7F) + 2; i > 0 && wide.size() / 2 < narrow.size(); --i) {
          const auto unit = static_cast<unsigned char>(narrow[wide.size() / 2]);
          put(is_moved ? ((unit + by) & 0xFF) | high : unit);
        }
      }
    }
  }
  return parts::Utf8OfUtf16(wide, base::Endian::kLittle);
}

}  // namespace day::unpack::rar
