#include "libs/engine/descend/openers.h"
#include "libs/unpack/disk/crossing.h"
#include "libs/unpack/disk/disk_reader.h"
#include "libs/unpack/disk/vhd_reader.h"
#include "libs/unpack/dmg/dmg_reader.h"
#include "libs/unpack/fat/fat_reader.h"
#include "libs/unpack/hfsplus/hfsplus_reader.h"
#include "libs/unpack/libarchive/libarchive_reader.h"
#include "libs/unpack/squashfs/squashfs_reader.h"
#include "libs/unpack/udf/udf_reader.h"
#include "libs/unpack/wim/wim_reader.h"

namespace day::engine {
namespace {

constexpr std::uint64_t kHfsOffset = 1024;
constexpr std::uint64_t kIsoOffset = 0x8001;

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

// The first kilobyte of an HFS+ volume is free, and the first 32 of a disc: they may look like
// anything, and are mounted all the same.
std::unique_ptr<Container> OpenHfsPlus(const Subject& subject) {
  const bool is_plain = base::AsText(base::ClippedSlice(subject.data, kHfsOffset, 2)) == "BD";
  const bool is_hidden = subject.type != FileType::kHfsPlus && !is_plain &&
                         unpack::hfsplus::HfsPlusReader::IsHfsPlus(subject.data);
  return is_hidden ? WrapArchive(std::make_unique<unpack::hfsplus::HfsPlusReader>(subject.data))
                   : nullptr;
}

std::unique_ptr<Container> OpenIso(const Subject& subject) {
  const bool is_iso = base::AsText(base::ClippedSlice(subject.data, kIsoOffset, 5)) == "CD001";
  return is_iso && subject.type != FileType::kIso9660
             ? WrapArchive(
                   unpack::libarchive::Open(unpack::libarchive::Format::kIso9660, subject.data))
             : nullptr;
}

namespace {

// What is wrong with the tables of a disk, beside its partitions.
class DiskContainer final : public Container {
 public:
  DiskContainer(std::unique_ptr<Container> partitions, unpack::disk::Table crossing)
      : partitions_(std::move(partitions)), crossing_(crossing) {}

  std::optional<Item> Next(base::Budget& budget, unpack::inflate::Inflater& inflater,
                           unpack::inflate::OutputBuffer& buffer) override {
    return partitions_->Next(budget, inflater, buffer);
  }
  std::string_view problem() const override { return partitions_->problem(); }
  std::string_view alert() const override {
    switch (crossing_) {
      case unpack::disk::Table::kMbr:
        return "Heuristics.MBRPartitionnIntersect";
      case unpack::disk::Table::kGpt:
        return "Heuristics.GPTPartitionIntersection";
      case unpack::disk::Table::kApple:
        return "Heuristics.APMPartitionIntersection";
      case unpack::disk::Table::kNone:
        break;
    }
    return {};
  }

 private:
  std::unique_ptr<Container> partitions_;
  unpack::disk::Table crossing_;
};

}  // namespace

// The first sector of a disk may hold any program beside the table of partitions.
std::unique_ptr<Container> OpenDisk(const Subject& subject) {
  if (!unpack::disk::DiskReader::IsDisk(subject.data)) {
    return nullptr;
  }
  auto partitions = WrapArchive(std::make_unique<unpack::disk::DiskReader>(subject.data));
  const auto crossing = subject.wanted.alerts ? unpack::disk::CrossingTable(subject.data)
                                              : unpack::disk::Table::kNone;
  return crossing == unpack::disk::Table::kNone
             ? std::move(partitions)
             : std::make_unique<DiskContainer>(std::move(partitions), crossing);
}

// Read from the end: whatever the first block of the image looks like.
std::unique_ptr<Container> OpenDmg(const Subject& subject) {
  return unpack::dmg::DmgReader::IsDmg(subject.data)
             ? WrapArchive(std::make_unique<unpack::dmg::DmgReader>(subject.data))
             : nullptr;
}

std::unique_ptr<Container> OpenUdf(const Subject& subject) {
  return unpack::udf::UdfReader::IsUdf(subject.data)
             ? WrapArchive(std::make_unique<unpack::udf::UdfReader>(subject.data))
             : nullptr;
}

}  // namespace day::engine
