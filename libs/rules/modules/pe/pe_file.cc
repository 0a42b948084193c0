#include "libs/rules/modules/pe/pe_file.h"

#include <unordered_set>

#include "libs/formats/pe/debug.h"

namespace day::rules::modules::pe {
namespace {

// True the first time it is called for a flag.
bool First(bool& flag) { return !flag && (flag = true); }

}  // namespace

const formats::pe::ImportTable& PeFile::imports() {
  if (First(loaded_.imports)) {
    imports_.ReadImports(reader_);
  }
  return imports_;
}

const formats::pe::ImportTable& PeFile::delayed_imports() {
  if (First(loaded_.delayed_imports)) {
    delayed_imports_.ReadDelayedImports(reader_);
  }
  return delayed_imports_;
}

const formats::pe::ExportTable& PeFile::exports() {
  if (First(loaded_.exports)) {
    exports_.Read(reader_);
  }
  return exports_;
}

const formats::pe::ResourceTable& PeFile::resources() {
  if (First(loaded_.resources)) {
    resources_.Read(reader_);
  }
  return resources_;
}

const formats::pe::VersionInfo& PeFile::version_info() {
  if (First(loaded_.version_info)) {
    version_info_.Clear();
    for (const formats::pe::Resource& resource : resources().resources()) {
      if (resource.type.number == formats::pe::kResourceTypeVersion) {
        version_info_.Add(reader_, resource.rva);
      }
    }
  }
  return version_info_;
}

const formats::pe::RichHeader* PeFile::rich_header() {
  if (First(loaded_.rich_header)) {
    has_rich_header_ = rich_header_.Read(reader_);
  }
  return has_rich_header_ ? &rich_header_ : nullptr;
}

std::optional<std::string_view> PeFile::pdb_path() {
  if (First(loaded_.pdb_path)) {
    pdb_path_ = formats::pe::PdbPath(reader_);
  }
  return pdb_path_;
}

const std::vector<formats::authenticode::Signature>& PeFile::signatures() {
  if (First(loaded_.signatures)) {
    LoadSignatures();
  }
  return signatures_;
}

// The directory entry holds a file offset. YARA adds its two fields in 32 bits.
void PeFile::LoadSignatures() {
  signatures_.clear();
  const formats::pe::DataDirectory entry = reader_.directory(formats::pe::Directory::kSecurity);
  const std::uint32_t end = entry.virtual_address + entry.size;
  constexpr std::uint32_t kTableSizeMin = 8;
  if (entry.virtual_address == 0 || entry.virtual_address > file_.size() ||
      entry.size > file_.size() || end > file_.size() || entry.size < kTableSizeMin) {
    return;
  }
  constexpr std::uint64_t kDirectorySizeBytes = 8;
  signatures_ = formats::authenticode::ReadSignatures({
      .file = file_,
      .checksum_offset = reader_.checksum_offset(),
      .directory_offset =
          reader_.directories_offset() +
          static_cast<std::uint64_t>(formats::pe::Directory::kSecurity) * kDirectorySizeBytes,
      .table_offset = entry.virtual_address,
  });
}

std::string_view PeFile::imphash() {
  if (First(loaded_.imphash)) {
    hash_text_.clear();
    formats::pe::AppendImportHashText(imports(), hash_text_);
    imphash_ = crypto::HexDigest(md5_.Hash(base::AsBytes(hash_text_))).view();
  }
  return imphash_;
}

std::uint64_t PeFile::calculated_checksum() {
  if (First(loaded_.checksum)) {
    checksum_ = reader_.CalculateChecksum();
  }
  return checksum_;
}

void PeFile::LoadVersionKeys() {
  version_keys_.clear();
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < version_info().size(); ++i) {
    if (seen.insert(version_info_.key(i)).second) {
      version_keys_.push_back(i);
    }
  }
}

std::size_t PeFile::version_key_count() {
  if (First(loaded_.version_keys)) {
    LoadVersionKeys();
  }
  return version_keys_.size();
}

std::string_view PeFile::version_key(std::size_t position) {
  return position < version_key_count() ? version_info_.key(version_keys_[position])
                                        : std::string_view();
}

std::optional<std::string_view> PeFile::version_value(std::string_view key) {
  const formats::pe::VersionInfo& info = version_info();
  for (std::size_t i = info.size(); i-- > 0;) {
    if (info.key(i) == key) {
      return info.value(i);
    }
  }
  return std::nullopt;
}

}  // namespace day::rules::modules::pe
