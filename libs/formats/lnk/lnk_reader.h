// ReadLnk: the facts in a Windows shell link (.lnk).
//
// Specification: [MS-SHLLINK]; shell items, which it leaves open, as libfwsi's "Windows Shell Item
// format" describes them. Where files lie, YARA-X's module lnk is the contract: after a good header
// whatever can be read is kept, and reading stops at the first structure that does not fit. Texts
// are UTF-8; what is not valid in its encoding becomes U+FFFD.
//
// Security posture: untrusted input, bounds-checked, one pass without recursion. Lists are bounded
// by their format (a target list has at most 65,535 bytes); extra data blocks by kExtraBlocksMax.
// The texts take at most a small multiple of the file's size. Thread safety: pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"

namespace day::formats::lnk {

inline constexpr std::size_t kExtraBlocksMax = 1u << 20;

struct TrackerData {
  std::uint32_t version = 0;
  std::string machine_id;
  std::string droid_volume_id;
  std::string droid_file_id;
  std::string droid_birth_volume_id;
  std::string droid_birth_file_id;
};

struct ShellItem {
  std::int64_t item_type = 0;  // a category, or the class byte itself if it has none
  std::string_view data;       // after the class byte; a view into the file
  std::optional<std::string> cpl_file_path;
  std::optional<std::string> root_folder_id;
  std::optional<std::string> volume_name;
  std::optional<std::string> volume_id;
  std::optional<std::string> file_entry_name;
  std::optional<std::string> network_location;
};

struct Lnk {
  std::uint32_t file_attributes = 0;
  // Seconds since 1970; nothing for times before.
  std::optional<std::uint64_t> creation_time;
  std::optional<std::uint64_t> access_time;
  std::optional<std::uint64_t> write_time;
  std::uint32_t file_size = 0;
  std::uint32_t icon_index = 0;
  std::optional<std::uint32_t> show_command;  // nothing above 2^31 - 1, as for the drive type
  std::optional<std::uint32_t> drive_type;
  std::optional<std::uint32_t> drive_serial_number;
  std::optional<std::string> volume_label;
  std::optional<std::string> local_base_path;
  std::optional<std::string> common_path_suffix;
  std::optional<std::string> name;
  std::optional<std::string> relative_path;
  std::optional<std::string> working_dir;
  std::optional<std::string> cmd_line_args;
  std::optional<std::string> icon_location;
  std::optional<std::uint64_t> overlay_size;
  std::optional<std::uint64_t> overlay_offset;
  std::optional<TrackerData> tracker_data;
  std::vector<ShellItem> target_id_list;
};

// Nothing if `file` does not start with a whole shell link header. REQUIRES: `file` outlives the
// result, whose shell items view it.
std::optional<Lnk> ReadLnk(base::Bytes file);

// UTF-8 out of bytes that should be UTF-8, and out of UTF-16 units, each wrong part replaced by
// U+FFFD (one for each maximal part of a sequence, as the Unicode Standard recommends).
std::string LossyUtf8(std::string_view bytes);
std::string LossyUtf16(base::Bytes little_endian_units);

}  // namespace day::formats::lnk
