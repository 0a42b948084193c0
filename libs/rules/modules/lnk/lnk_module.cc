#include "libs/rules/modules/lnk/lnk_module.h"

#include <cstdint>
#include <optional>
#include <string>

#include "libs/formats/lnk/lnk_reader.h"
#include "libs/rules/module/schema.h"

namespace day::rules::modules::lnk {
namespace {

using formats::lnk::Lnk;
using formats::lnk::ShellItem;
using formats::lnk::TrackerData;
using module::Constant;
using module::Field;
using module::Index;
using module::Integer;
using module::IntegerValue;
using module::String;
using module::Struct;
using module::Value;

enum Id : std::uint16_t {
  kIsLnk = 1,
  kName,
  kCreationTime,
  kAccessTime,
  kWriteTime,
  kFileSize,
  kFileAttributes,
  kIconLocation,
  kIconIndex,
  kShowCommand,
  kDriveType,
  kDriveSerialNumber,
  kVolumeLabel,
  kLocalBasePath,
  kCommonPathSuffix,
  kRelativePath,
  kWorkingDir,
  kCommandLineArguments,
  kOverlaySize,
  kOverlayOffset,
  kTargetIdList,
  kTrackerFirst = 50,
  kTrackerVersion = kTrackerFirst,
  kTrackerMachineId,
  kTrackerVolumeId,
  kTrackerFileId,
  kTrackerBirthVolumeId,
  kTrackerBirthFileId,
  kItemFirst = 100,
  kItemType = kItemFirst,
  kItemData,
  kItemCplFilePath,
  kItemRootFolderId,
  kItemVolumeName,
  kItemVolumeId,
  kItemFileEntryName,
  kItemNetworkLocation,
};

constexpr Field kShowCommands[] = {
    Constant("NORMAL", 1),
    Constant("MAXIMIZED", 3),
    Constant("MIN_NO_ACTIVE", 7),
};
constexpr Field kDriveTypes[] = {
    Constant("UNKNOWN", 0), Constant("NO_ROOT_DIR", 1), Constant("REMOVABLE", 2),
    Constant("FIXED", 3),   Constant("REMOTE", 4),      Constant("CDROM", 5),
    Constant("RAMDISK", 6),
};
constexpr Field kShellItemTypes[] = {
    Constant("CONTROL_PANEL_CPL", 0x00),    Constant("CONTROL_PANEL_CATEGORY", 0x01),
    Constant("ROOT_FOLDER", 0x1F),          Constant("VOLUME", 0x20),
    Constant("FILE_ENTRY", 0x30),           Constant("NETWORK_LOCATION", 0x40),
    Constant("COMPRESSED_FOLDER", 0x52),    Constant("URI", 0x61),
    Constant("CONTROL_PANEL", 0x71),        Constant("PRINTERS", 0x72),
    Constant("COMMON_PLACES_FOLDER", 0x73), Constant("USERS_FILES_FOLDER", 0x74),
};
constexpr Field kTrackerMembers[] = {
    Integer("version", kTrackerVersion),
    String("machine_id", kTrackerMachineId),
    String("droid_volume_id", kTrackerVolumeId),
    String("droid_file_id", kTrackerFileId),
    String("droid_birth_volume_id", kTrackerBirthVolumeId),
    String("droid_birth_file_id", kTrackerBirthFileId),
};
constexpr Field kItemMembers[] = {
    Integer("item_type", kItemType),
    String("data", kItemData),
    String("cpl_file_path", kItemCplFilePath),
    String("root_folder_id", kItemRootFolderId),
    String("volume_name", kItemVolumeName),
    String("volume_id", kItemVolumeId),
    String("file_entry_name", kItemFileEntryName),
    String("network_location", kItemNetworkLocation),
};
constexpr Field kItemElement[] = {Struct("", kItemMembers)};

constexpr Field kFields[] = {
    Constant("FILE_ATTRIBUTE_READONLY", 0x1),
    Constant("FILE_ATTRIBUTE_HIDDEN", 0x2),
    Constant("FILE_ATTRIBUTE_SYSTEM", 0x4),
    Constant("RESERVED_1", 0x8),
    Constant("FILE_ATTRIBUTE_DIRECTORY", 0x10),
    Constant("FILE_ATTRIBUTE_ARCHIVE", 0x20),
    Constant("RESERVED_2", 0x40),
    Constant("FILE_ATTRIBUTE_NORMAL", 0x80),
    Constant("FILE_ATTRIBUTE_TEMPORARY", 0x100),
    Constant("FILE_ATTRIBUTE_SPARSE_FILE", 0x200),
    Constant("FILE_ATTRIBUTE_REPARSE_POINT", 0x400),
    Constant("FILE_ATTRIBUTE_COMPRESSED", 0x800),
    Constant("FILE_ATTRIBUTE_OFFLINE", 0x1000),
    Constant("FILE_ATTRIBUTE_NOT_CONTENT_INDEXED", 0x2000),
    Constant("FILE_ATTRIBUTE_ENCRYPTED", 0x4000),
    Struct("ShowCommand", kShowCommands),
    Struct("DriveType", kDriveTypes),
    Struct("ShellItemType", kShellItemTypes),
    Always(Integer("is_lnk", kIsLnk)),
    String("name", kName),
    Integer("creation_time", kCreationTime),
    Integer("access_time", kAccessTime),
    Integer("write_time", kWriteTime),
    Integer("file_size", kFileSize),
    Integer("file_attributes", kFileAttributes),
    String("icon_location", kIconLocation),
    Integer("icon_index", kIconIndex),
    Integer("show_command", kShowCommand),
    Integer("drive_type", kDriveType),
    Integer("drive_serial_number", kDriveSerialNumber),
    String("volume_label", kVolumeLabel),
    String("local_base_path", kLocalBasePath),
    String("common_path_suffix", kCommonPathSuffix),
    String("relative_path", kRelativePath),
    String("working_dir", kWorkingDir),
    String("cmd_line_args", kCommandLineArguments),
    Integer("overlay_size", kOverlaySize),
    Integer("overlay_offset", kOverlayOffset),
    Struct("tracker_data", kTrackerMembers),
    module::Array("target_id_list", kTargetIdList, kItemElement),
};
constexpr Field kRoot = Struct("lnk", kFields);

template <typename T>
Value Number(const std::optional<T>& value) {
  return value ? IntegerValue(*value) : Value::Undefined();
}

Value Text(const std::optional<std::string>& value) {
  return value ? Value::String(*value) : Value::Undefined();
}

Value LinkValue(const Lnk& lnk, std::uint16_t id) {
  switch (id) {
    case kName:
      return Text(lnk.name);
    case kCreationTime:
      return Number(lnk.creation_time);
    case kAccessTime:
      return Number(lnk.access_time);
    case kWriteTime:
      return Number(lnk.write_time);
    case kFileSize:
      return IntegerValue(lnk.file_size);
    case kFileAttributes:
      return IntegerValue(lnk.file_attributes);
    case kIconLocation:
      return Text(lnk.icon_location);
    case kIconIndex:
      return IntegerValue(lnk.icon_index);
    case kShowCommand:
      return Number(lnk.show_command);
    case kDriveType:
      return Number(lnk.drive_type);
    case kDriveSerialNumber:
      return Number(lnk.drive_serial_number);
    case kVolumeLabel:
      return Text(lnk.volume_label);
    case kLocalBasePath:
      return Text(lnk.local_base_path);
    case kCommonPathSuffix:
      return Text(lnk.common_path_suffix);
    case kRelativePath:
      return Text(lnk.relative_path);
    case kWorkingDir:
      return Text(lnk.working_dir);
    case kCommandLineArguments:
      return Text(lnk.cmd_line_args);
    case kOverlaySize:
      return Number(lnk.overlay_size);
    default:
      return Number(lnk.overlay_offset);
  }
}

Value TrackerValue(const TrackerData& tracker, std::uint16_t id) {
  switch (id) {
    case kTrackerVersion:
      return IntegerValue(tracker.version);
    case kTrackerMachineId:
      return Value::String(tracker.machine_id);
    case kTrackerVolumeId:
      return Value::String(tracker.droid_volume_id);
    case kTrackerFileId:
      return Value::String(tracker.droid_file_id);
    case kTrackerBirthVolumeId:
      return Value::String(tracker.droid_birth_volume_id);
    default:
      return Value::String(tracker.droid_birth_file_id);
  }
}

Value ItemValue(const ShellItem& item, std::uint16_t id) {
  switch (id) {
    case kItemType:
      return Value::Integer(item.item_type);
    case kItemData:
      return Value::String(item.data);
    case kItemCplFilePath:
      return Text(item.cpl_file_path);
    case kItemRootFolderId:
      return Text(item.root_folder_id);
    case kItemVolumeName:
      return Text(item.volume_name);
    case kItemVolumeId:
      return Text(item.volume_id);
    case kItemFileEntryName:
      return Text(item.file_entry_name);
    default:
      return Text(item.network_location);
  }
}

class LnkInstance final : public module::Instance {
 public:
  void Bind(const module::ScanInput& input) override {
    file_ = input.data;
    parsed_ = false;
    lnk_.reset();
  }

  Value Get(std::uint16_t id, std::span<const Index> indices) override {
    const Lnk* lnk = Link();
    if (id == kIsLnk) {
      return Value::Integer(lnk != nullptr ? 1 : 0);
    }
    if (lnk == nullptr) {
      return Value::Undefined();
    }
    if (id < kTrackerFirst) {
      return LinkValue(*lnk, id);
    }
    if (id < kItemFirst) {
      return lnk->tracker_data ? TrackerValue(*lnk->tracker_data, id) : Value::Undefined();
    }
    if (indices.empty() || indices[0].number < 0 ||
        static_cast<std::uint64_t>(indices[0].number) >= lnk->target_id_list.size()) {
      return Value::Undefined();
    }
    return ItemValue(lnk->target_id_list[static_cast<std::size_t>(indices[0].number)], id);
  }

  std::optional<std::uint64_t> Length(std::uint16_t, std::span<const Index>) override {
    const Lnk* lnk = Link();
    return lnk == nullptr ? 0 : lnk->target_id_list.size();
  }

  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t) override {
    return {};
  }

  Value Call(std::uint16_t, std::span<const Index>, std::span<const module::Argument>) override {
    return Value::Undefined();  // there are no functions
  }

 private:
  const Lnk* Link() {
    if (!parsed_) {
      parsed_ = true;
      lnk_ = formats::lnk::ReadLnk(file_);
    }
    return lnk_ ? &*lnk_ : nullptr;
  }

  base::Bytes file_;
  bool parsed_ = false;
  std::optional<Lnk> lnk_;
};

}  // namespace

std::unique_ptr<module::Module> CreateLnkModule() {
  return module::MakeModule(kRoot, module::Format::kOther,
                            [] { return std::make_unique<LnkInstance>(); });
}

}  // namespace day::rules::modules::lnk
