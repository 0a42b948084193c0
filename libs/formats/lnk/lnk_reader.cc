#include "libs/formats/lnk/lnk_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace day::formats::lnk {
namespace {

using base::Bytes;

constexpr std::uint64_t kHeaderSize = 0x4C;
constexpr std::uint64_t kClsidLow = 0x0000000000021401;
constexpr std::uint64_t kClsidHigh = 0x46000000000000C0;
constexpr std::uint64_t kStringCharsMax = 260;  // Windows' limit for all texts but the arguments
constexpr std::uint32_t kTrackerSignature = 0xA0000003;
constexpr std::uint32_t kUnicodeHeaderSize = 0x24;
constexpr std::uint32_t kUnicodeLabelOffset = 0x14;
constexpr std::uint32_t kSignedMax = 0x7FFFFFFF;

enum LinkFlag : std::uint32_t {
  kHasTargetIdList = 0x01,
  kHasLinkInfo = 0x02,
  kHasName = 0x04,
  kHasRelativePath = 0x08,
  kHasWorkingDir = 0x10,
  kHasArguments = 0x20,
  kHasIconLocation = 0x40,
  kIsUnicode = 0x80,
};

std::optional<std::uint64_t> UnixTime(std::uint64_t filetime) {
  constexpr std::uint64_t kTicksPerSecond = 10'000'000;
  constexpr std::uint64_t kSecondsTo1970 = 11'644'473'600;
  const std::uint64_t seconds = filetime / kTicksPerSecond;
  return seconds < kSecondsTo1970 ? std::nullopt : std::optional(seconds - kSecondsTo1970);
}

std::optional<std::uint32_t> SignedRange(std::uint32_t value) {
  return value > kSignedMax ? std::nullopt : std::optional(value);
}

// The bytes from `offset`; nothing if it lies beyond the end (the end itself gives an empty text).
std::optional<Bytes> From(Bytes bytes, std::uint64_t offset) {
  return offset <= bytes.size() ? std::optional(bytes.subspan(static_cast<std::size_t>(offset)))
                                : std::nullopt;
}

std::string NarrowText(Bytes bytes) {
  const std::string_view text = base::AsText(bytes);
  return LossyUtf8(text.substr(0, text.find('\0')));
}

std::string WideText(Bytes bytes) {
  std::size_t size = 0;
  while (base::ReadAt<std::uint16_t>(bytes, size).value_or(0) != 0) {
    size += 2;
  }
  return LossyUtf16(bytes.first(size));
}

std::string Text(Bytes bytes, bool unicode) {
  return unicode ? WideText(bytes) : NarrowText(bytes);
}

std::optional<std::string> TextFrom(Bytes bytes, std::uint64_t offset, bool unicode) {
  const std::optional<Bytes> rest = From(bytes, offset);
  return rest ? std::optional(Text(*rest, unicode)) : std::nullopt;
}

// A GUID of 16 bytes in Microsoft's mixed byte order. REQUIRES: guid.size() == 16.
std::string GuidText(Bytes guid) {
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(guid[i]); };
  return fmt::format(
      "{:02x}{:02x}{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}-"
      "{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}",
      at(3), at(2), at(1), at(0), at(5), at(4), at(7), at(6), at(8), at(9), at(10), at(11), at(12),
      at(13), at(14), at(15));
}

std::optional<std::string> ItemGuid(Bytes item) {
  const std::optional<Bytes> guid = base::Slice(item, 2, 16);
  return guid ? std::optional(GuidText(*guid)) : std::nullopt;
}

std::int64_t ItemCategory(std::uint8_t item_class) {
  switch (item_class & 0x70) {
    case 0x20:  // volume
    case 0x30:  // file entry
    case 0x40:  // network location
      return item_class & 0x70;
    default:
      break;
  }
  switch (item_class) {
    case 0x1E:
      return 0x1F;  // root folder
    case 0x70:
      return 0x71;  // control panel
    default:
      return item_class;
  }
}

std::optional<std::string> CplPath(Bytes item) {
  // Byte 10 tells the layouts apart: the high byte of a character, or the path's first one.
  const std::optional<std::uint8_t> marker = base::ReadAt<std::uint8_t>(item, 10);
  if (!marker) {
    return std::nullopt;
  }
  return *marker == 0 ? TextFrom(item, 22, true) : TextFrom(item, 10, false);
}

ShellItem ReadShellItem(Bytes data) {
  const auto item_class = std::to_integer<std::uint8_t>(data[0]);
  ShellItem item;
  item.item_type = ItemCategory(item_class);
  item.data = base::AsText(data.subspan(1));
  if (item_class == 0x00) {
    item.cpl_file_path = CplPath(data);
  } else if (item_class == 0x1E || item_class == 0x1F) {
    item.root_folder_id = ItemGuid(data);
  } else if ((item_class & 0x70) == 0x20) {
    if ((item_class & 0x01) == 0) {
      item.volume_id = ItemGuid(data);
    } else if (const std::optional<Bytes> name = base::Slice(data, 1, 20)) {
      item.volume_name = NarrowText(*name);
    }
  } else if ((item_class & 0x70) == 0x30) {
    item.file_entry_name = TextFrom(data, 12, (item_class & 0x04) != 0);
  } else if ((item_class & 0x70) == 0x40) {
    item.network_location = TextFrom(data, 3, false);
  }
  return item;
}

// Reads one structure after another; each step says whether the next one can be read.
class BodyReader {
 public:
  BodyReader(Bytes file, Lnk& lnk) : file_(file), rest_(file.subspan(kHeaderSize)), lnk_(lnk) {}

  void Read(std::uint32_t flags) {
    unicode_ = (flags & kIsUnicode) != 0;
    const bool read =
        (!(flags & kHasTargetIdList) || ReadTargetIdList()) &&
        (!(flags & kHasLinkInfo) || ReadLinkInfo()) &&
        (!(flags & kHasName) || ReadString(lnk_.name, kStringCharsMax)) &&
        (!(flags & kHasRelativePath) || ReadString(lnk_.relative_path, kStringCharsMax)) &&
        (!(flags & kHasWorkingDir) || ReadString(lnk_.working_dir, kStringCharsMax)) &&
        (!(flags & kHasArguments) || ReadString(lnk_.cmd_line_args, 0xFFFF)) &&
        (!(flags & kHasIconLocation) || ReadString(lnk_.icon_location, kStringCharsMax));
    if (read) {
      ReadExtraData();
    }
  }

 private:
  void Advance(std::uint64_t size) { rest_ = rest_.subspan(static_cast<std::size_t>(size)); }

  bool ReadTargetIdList() {
    const std::optional<std::uint16_t> declared = base::ReadAt<std::uint16_t>(rest_, 0);
    if (!declared) {
      return false;
    }
    Advance(2);
    Bytes list = base::ClippedSlice(rest_, 0, *declared);
    Advance(list.size());
    while (list.size() >= 2) {
      const std::uint16_t size = base::ReadAt<std::uint16_t>(list, 0).value_or(0);
      if (size == 0) {
        break;
      }
      const Bytes data = base::ClippedSlice(list, 2, size > 2 ? size - 2u : 0u);
      if (!data.empty()) {
        lnk_.target_id_list.push_back(ReadShellItem(data));
      }
      list = list.subspan(2 + data.size());
    }
    return true;
  }

  bool ReadLinkInfo() {
    base::ByteReader reader(rest_);
    const std::uint32_t size = reader.U32();
    const std::uint32_t header_size = reader.U32();
    const std::uint32_t flags = reader.U32();
    const std::uint32_t volume_id_offset = reader.U32();
    const std::uint32_t base_path_offset = reader.U32();
    reader.Skip(4);  // the network link
    const std::uint32_t suffix_offset = reader.U32();
    std::uint32_t wide_base_path_offset = 0;
    std::uint32_t wide_suffix_offset = 0;
    if (header_size >= kUnicodeHeaderSize) {
      wide_base_path_offset = reader.U32();
      wide_suffix_offset = reader.U32();
    }
    const std::optional<Bytes> info = base::Slice(rest_, 0, size);
    if (!reader.ok() || !info) {
      return false;
    }
    if ((flags & 0x1) != 0) {  // VolumeIDAndLocalBasePath
      if (const std::optional<Bytes> volume = From(*info, volume_id_offset)) {
        ReadVolumeId(*volume);
      }
      lnk_.local_base_path = InfoText(*info, base_path_offset, wide_base_path_offset);
    }
    if ((flags & 0x2) != 0) {  // CommonNetworkRelativeLinkAndPathSuffix
      lnk_.common_path_suffix = InfoText(*info, suffix_offset, wide_suffix_offset);
    }
    Advance(size);
    return true;
  }

  static std::optional<std::string> InfoText(Bytes info, std::uint32_t offset,
                                             std::uint32_t wide_offset) {
    return wide_offset > 0 ? TextFrom(info, wide_offset, true) : TextFrom(info, offset, false);
  }

  void ReadVolumeId(Bytes bytes) {
    base::ByteReader reader(bytes);
    const std::uint32_t size = reader.U32();
    const std::uint32_t drive_type = reader.U32();
    const std::uint32_t serial_number = reader.U32();
    const std::uint32_t label_offset = reader.U32();
    if (!reader.ok()) {
      return;
    }
    lnk_.drive_type = SignedRange(drive_type);
    lnk_.drive_serial_number = serial_number;
    const std::optional<Bytes> volume = base::Slice(bytes, 0, size);
    if (!volume) {
      return;
    }
    if (label_offset != kUnicodeLabelOffset) {
      lnk_.volume_label = TextFrom(*volume, label_offset, false);
      return;
    }
    const std::uint32_t wide_offset = reader.U32();
    if (reader.ok()) {
      lnk_.volume_label = TextFrom(*volume, wide_offset, true);
    }
  }

  bool ReadString(std::optional<std::string>& to, std::uint64_t chars_max) {
    const std::optional<std::uint16_t> declared = base::ReadAt<std::uint16_t>(rest_, 0);
    if (!declared) {
      return false;
    }
    const std::uint64_t chars = std::min<std::uint64_t>(*declared, chars_max);
    const std::optional<Bytes> text = base::Slice(rest_, 2, unicode_ ? 2 * chars : chars);
    if (!text) {
      return false;
    }
    to = unicode_ ? WideText(*text) : LossyUtf8(base::AsText(*text));
    Advance(2 + text->size());
    return true;
  }

  void ReadExtraData() {
    for (std::size_t blocks = 0; blocks < kExtraBlocksMax; ++blocks) {
      const std::optional<std::uint32_t> size = base::ReadAt<std::uint32_t>(rest_, 0);
      if (!size) {
        return;  // no terminal block: nothing is known of an overlay
      }
      if (*size < 4) {
        Advance(4);
        if (!rest_.empty()) {
          lnk_.overlay_offset = file_.size() - rest_.size();
        }
        lnk_.overlay_size = rest_.size();
        return;
      }
      const std::optional<Bytes> block = base::Slice(rest_, 0, *size);
      if (!block) {
        return;
      }
      if (base::ReadAt<std::uint32_t>(*block, 4) == kTrackerSignature) {
        ReadTracker(block->subspan(8));
      }
      Advance(*size);
    }
  }

  void ReadTracker(Bytes data) {
    base::ByteReader reader(data);
    reader.Skip(4);  // length
    TrackerData tracker;
    tracker.version = reader.U32();
    const Bytes machine = reader.Take(16);
    const Bytes ids[] = {reader.Take(16), reader.Take(16), reader.Take(16), reader.Take(16)};
    if (!reader.ok()) {
      return;
    }
    tracker.machine_id = NarrowText(machine);
    tracker.droid_volume_id = GuidText(ids[0]);
    tracker.droid_file_id = GuidText(ids[1]);
    tracker.droid_birth_volume_id = GuidText(ids[2]);
    tracker.droid_birth_file_id = GuidText(ids[3]);
    lnk_.tracker_data = std::move(tracker);
  }

  Bytes file_;
  Bytes rest_;
  Lnk& lnk_;
  bool unicode_ = false;
};

}  // namespace

std::optional<Lnk> ReadLnk(Bytes file) {
  if (file.size() < kHeaderSize || base::ReadAt<std::uint32_t>(file, 0) != kHeaderSize ||
      base::ReadAt<std::uint64_t>(file, 4) != kClsidLow ||
      base::ReadAt<std::uint64_t>(file, 12) != kClsidHigh) {
    return std::nullopt;
  }
  base::ByteReader reader(file);
  reader.Seek(20);
  const std::uint32_t flags = reader.U32();
  Lnk lnk;
  lnk.file_attributes = reader.U32();
  lnk.creation_time = UnixTime(reader.U64());
  lnk.access_time = UnixTime(reader.U64());
  lnk.write_time = UnixTime(reader.U64());
  lnk.file_size = reader.U32();
  lnk.icon_index = reader.U32();
  lnk.show_command = SignedRange(reader.U32());
  BodyReader(file, lnk).Read(flags);
  return lnk;
}

}  // namespace day::formats::lnk
