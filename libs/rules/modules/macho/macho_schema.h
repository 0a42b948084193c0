// The fields of the module `macho`, in the order of YARA 4.5.8's declarations, and their ids.
#pragma once

#include <cstdint>

#include "libs/rules/module/module.h"

namespace day::rules::modules::macho {

// Fields of an image have these ids in a thin file, and kInFile more below `file`.
enum Id : std::uint16_t {
  kMagic = 1,
  kCpuType,
  kCpuSubtype,
  kFileType,
  kCommandCount,
  kCommandsSize,
  kFlags,
  kReserved,
  kSegmentCount,
  kSegments,
  kEntryPoint,
  kStackSize,
  kSegmentFirst = 20,
  kSegmentName = kSegmentFirst,
  kSegmentAddress,
  kSegmentMemorySize,
  kSegmentOffset,
  kSegmentFileSize,
  kSegmentMaxProtection,
  kSegmentInitialProtection,
  kSegmentSectionCount,
  kSegmentFlags,
  kSections,
  kSectionFirst = 40,
  kSectionName = kSectionFirst,
  kSectionSegmentName,
  kSectionAddress,
  kSectionSize,
  kSectionOffset,
  kSectionAlign,
  kSectionRelocationsOffset,
  kSectionRelocationCount,
  kSectionFlags,
  kSectionReserved1,
  kSectionReserved2,
  kSectionReserved3,
  kImageEnd,
  kInFile = 100,
  kFatMagic = 200,
  kFatArchCount,
  kFatArch,
  kFile,
  kArchCpuType,
  kArchCpuSubtype,
  kArchOffset,
  kArchSize,
  kArchAlign,
  kFileIndexForArch,
  kFileIndexForSubtype,
  kEntryPointForArch,
  kEntryPointForSubtype,
};

// The root of the schema.
const module::Field& Schema();

}  // namespace day::rules::modules::macho
