#include <utility>

#include "libs/engine/descend/openers.h"
#include "libs/unpack/ar/ar_reader.h"
#include "libs/unpack/arj/arj_reader.h"
#include "libs/unpack/autoit/autoit_reader.h"
#include "libs/unpack/cpio/cpio_reader.h"
#include "libs/unpack/dotnet/resources_reader.h"
#include "libs/unpack/egg/alz_reader.h"
#include "libs/unpack/egg/egg_reader.h"
#include "libs/unpack/installshield/installshield_reader.h"
#include "libs/unpack/lha/lha_reader.h"
#include "libs/unpack/libarchive/libarchive_reader.h"
#include "libs/unpack/mspack/mspack_reader.h"
#include "libs/unpack/nsis/nsis_reader.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/volumes.h"
#include "libs/unpack/rar/rar5_reader.h"
#include "libs/unpack/rar/rar_reader.h"
#include "libs/unpack/rpm/rpm_reader.h"
#include "libs/unpack/sevenzip/sevenzip_reader.h"
#include "libs/unpack/sis/sis9_reader.h"
#include "libs/unpack/sis/sis_reader.h"
#include "libs/unpack/szdd/szdd_reader.h"
#include "libs/unpack/xar/xar_reader.h"

namespace day::engine {
namespace {

using unpack::inflate::Inflater;
using unpack::inflate::OutputBuffer;
using unpack::parts::Archive;

class ArchiveContainer final : public Container {
 public:
  explicit ArchiveContainer(std::unique_ptr<Archive> archive) : archive_(std::move(archive)) {}

  std::optional<Item> Next(base::Budget& budget, Inflater&, OutputBuffer& buffer) override {
    auto member = archive_->Next(budget, buffer);
    if (!member) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(member->name);
    item.content = member->content;
    item.has_content = member->has_content;
    item.gap = std::move(member->gap);
    item.is_encrypted = member->is_encrypted;
    position_ += item.name.starts_with("(") ? 0u : 1u;  // comments have no place
    if (member->facts) {
      item.facts = {member->facts->packed_size, member->facts->size, member->is_encrypted,
                    position_, member->facts->crc32};
    }
    return item;
  }

  std::string_view problem() const override { return archive_->problem(); }

 private:
  std::unique_ptr<Archive> archive_;
  std::uint32_t position_ = 0;
};

std::unique_ptr<Archive> OpenRar(const Subject& subject) {
  if (unpack::rar::RarReader::IsRar(subject.data)) {
    return std::make_unique<unpack::rar::RarReader>(subject.data, subject.rar_passwords,
                                                    subject.volume_starts);
  }
  return unpack::rar::Rar5Reader::IsRar5(subject.data)
             ? std::make_unique<unpack::rar::Rar5Reader>(subject.data, subject.rar_passwords,
                                                         subject.volume_starts)
             : nullptr;
}

// InstallShield's cabinets: a header, and the volumes that it is about.
std::unique_ptr<Archive> OpenCabinets(const Subject& subject) {
  using unpack::installshield::InstallshieldReader;
  if (subject.volume_starts.empty() || !InstallshieldReader::IsCabinetHeader(subject.data)) {
    return nullptr;
  }
  const unpack::parts::Volumes volumes(subject.data, subject.volume_starts);
  std::vector<unpack::installshield::NamedFile> files;
  for (const std::uint64_t start : subject.volume_starts) {
    const std::size_t number = files.size();
    files.push_back({number == 0 ? "data1.hdr" : "data" + std::to_string(number) + ".cab",
                     volumes.Slice(start, subject.data.size())});
  }
  return std::make_unique<InstallshieldReader>(std::move(files));
}

std::unique_ptr<Archive> MakeArchive(const Subject& subject) {
  switch (subject.type) {
    case FileType::kAr:
      return std::make_unique<unpack::ar::ArReader>(subject.data);
    case FileType::kArj:
      return std::make_unique<unpack::arj::ArjReader>(subject.data);
    case FileType::kEgg:
      return std::make_unique<unpack::egg::EggReader>(subject.data, subject.zip_passwords);
    case FileType::kAlz:
      return std::make_unique<unpack::egg::AlzReader>(subject.data, subject.zip_passwords);
    case FileType::kAutoit:
      return std::make_unique<unpack::autoit::AutoitReader>(subject.data);
    case FileType::kNsis:
      return unpack::nsis::NsisReader::IsNsis(subject.data)
                 ? std::make_unique<unpack::nsis::NsisReader>(subject.data)
                 : nullptr;
    case FileType::kInstallshield:
      return std::make_unique<unpack::installshield::InstallshieldReader>(subject.data);
    case FileType::kSis:
      if (unpack::sis::Sis9Reader::IsSis9(subject.data)) {
        return std::make_unique<unpack::sis::Sis9Reader>(subject.data);
      }
      return std::make_unique<unpack::sis::SisReader>(subject.data);
    case FileType::kCpio:
      return std::make_unique<unpack::cpio::CpioReader>(subject.data);
    case FileType::kRpm:
      return unpack::rpm::RpmReader::IsRpm(subject.data)
                 ? std::make_unique<unpack::rpm::RpmReader>(subject.data)
                 : nullptr;
    case FileType::kRar:
      return OpenRar(subject);
    case FileType::kLha:
      return std::make_unique<unpack::lha::LhaReader>(subject.data);
    case FileType::k7z:
      return std::make_unique<unpack::sevenzip::SevenZipReader>(subject.data,
                                                                subject.zip_passwords);
    case FileType::kXar:
      return std::make_unique<unpack::xar::XarReader>(subject.data);
    case FileType::kIso9660: {
      const auto format = unpack::libarchive::FormatOf(subject.data);
      return format ? unpack::libarchive::Open(*format, subject.data) : nullptr;
    }
    case FileType::kSzdd:
    case FileType::kKwaj:
      return std::make_unique<unpack::szdd::SzddReader>(subject.data, subject.name);
    case FileType::kCab:
    case FileType::kChm: {
      const auto format = unpack::mspack::FormatOf(subject.data);
      return format ? unpack::mspack::Open(*format, subject.data) : nullptr;
    }
    case FileType::kPe:
      return unpack::dotnet::ResourcesReader::HasResources(subject.data)
                 ? std::make_unique<unpack::dotnet::ResourcesReader>(subject.data)
                 : nullptr;
    case FileType::kUnknown:
      return OpenCabinets(subject);
    default:
      return nullptr;
  }
}

}  // namespace

std::unique_ptr<Container> WrapArchive(std::unique_ptr<Archive> archive) {
  return archive != nullptr ? std::make_unique<ArchiveContainer>(std::move(archive)) : nullptr;
}

std::unique_ptr<Container> OpenArchive(const Subject& subject) {
  return WrapArchive(MakeArchive(subject));
}

}  // namespace day::engine
