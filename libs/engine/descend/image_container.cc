#include "libs/engine/descend/openers.h"
#include "libs/unpack/disk/disk_reader.h"
#include "libs/unpack/disk/vhd_reader.h"
#include "libs/unpack/dmg/dmg_reader.h"
#include "libs/unpack/fat/fat_reader.h"
#include "libs/unpack/hfsplus/hfsplus_reader.h"
#include "libs/unpack/squashfs/squashfs_reader.h"
#include "libs/unpack/udf/udf_reader.h"
#include "libs/unpack/wim/wim_reader.h"

namespace day::engine {
namespace {

std::unique_ptr<unpack::parts::Archive> MakeImage(const Subject& subject) {
  switch (subject.type) {
    case FileType::kSquashfs:
      return std::make_unique<unpack::squashfs::SquashfsReader>(subject.data);
    case FileType::kHfsPlus:
      return std::make_unique<unpack::hfsplus::HfsPlusReader>(subject.data);
    case FileType::kFat:
      return std::make_unique<unpack::fat::FatReader>(subject.data);
    case FileType::kVhd:
      return std::make_unique<unpack::disk::VhdReader>(subject.data);
    case FileType::kWim:
      return std::make_unique<unpack::wim::WimReader>(subject.data);
    default:
      return nullptr;
  }
}

}  // namespace

std::unique_ptr<Container> OpenImage(const Subject& subject) {
  return WrapArchive(MakeImage(subject));
}

// A table of partitions may stand before file systems that leave room for it.
std::unique_ptr<Container> OpenDisk(const Subject& subject) {
  const bool may_have_table = subject.type == FileType::kDisk || subject.type == FileType::kFat ||
                              subject.type == FileType::kIso9660 ||
                              subject.type == FileType::kUdf || subject.type == FileType::kHfsPlus;
  return may_have_table && unpack::disk::DiskReader::IsDisk(subject.data)
             ? WrapArchive(std::make_unique<unpack::disk::DiskReader>(subject.data))
             : nullptr;
}

// Read from the end: whatever the first block of the image looks like.
std::unique_ptr<Container> OpenDmg(const Subject& subject) {
  return unpack::dmg::DmgReader::IsDmg(subject.data)
             ? WrapArchive(std::make_unique<unpack::dmg::DmgReader>(subject.data))
             : nullptr;
}

std::unique_ptr<Container> OpenUdf(const Subject& subject) {
  const bool is_disc = subject.type == FileType::kUdf || subject.type == FileType::kIso9660;
  if (!is_disc || !unpack::udf::UdfReader::IsUdf(subject.data)) {
    return nullptr;
  }
  return WrapArchive(std::make_unique<unpack::udf::UdfReader>(subject.data));
}

}  // namespace day::engine
