#include "libs/unpack/mspack/mspack_reader.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "libs/unpack/mspack/cabinet_blocks.h"
#include "libs/unpack/mspack/system.h"

namespace day::unpack::mspack {
namespace {

using std::string_view_literals::operator""sv;
using parts::Member;
using parts::Sink;

// Checksums are looked at in so many times the cabinet: folders may share their data.
constexpr std::uint64_t kSummedRatioMax = 4;
constexpr std::uint64_t kSummedFreeBytes = 64 * 1024;
constexpr char kAnyName[] = "x";  // System opens the one file whatever it is called

// Decodes through `extract` (an error number of libmspack) into a sink and makes a member of it.
template <typename Extract>
Member ExtractMember(std::string name, System& system, std::uint64_t packed_size,
                     base::Budget& budget, inflate::OutputBuffer& buffer, Extract&& extract) {
  Member member;
  member.name = std::move(name);
  buffer.Clear();
  Sink sink(packed_size, budget, buffer);
  system.SetSink(&sink);
  const int error = extract();
  system.SetSink(nullptr);
  member.gap = sink.ok() ? std::string(ReasonOf(error)) : sink.gap();
  member.content = sink.content();
  member.has_content = !member.content.empty() || member.gap.empty();
  return member;
}

// A file of a cabinet or of compiled help. Group and offset tell where its bytes come in the
// decoded data.
template <typename FileType>
struct Listed {
  FileType* file;
  std::uint64_t group;
  std::uint64_t offset;
  std::uint64_t size;
};

// What libmspack decodes in vain before it gets to the next file, paid in steps.
class SkipMeter {
 public:
  base::Status Pay(std::uint64_t group, std::uint64_t offset, std::uint64_t size,
                   base::Budget& budget) {
    const bool goes_on = group == group_ && offset >= position_;
    const std::uint64_t skipped = goes_on ? offset - position_ : offset;
    group_ = group;
    position_ = offset + size;
    return budget.SpendSteps(1 + skipped / kSkippedBytesPerStep);
  }

 private:
  std::uint64_t group_ = ~std::uint64_t{0};
  std::uint64_t position_ = 0;
};

template <typename FileType>
void SortByData(std::vector<Listed<FileType>>& files) {
  std::stable_sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return std::pair(a.group, a.offset) < std::pair(b.group, b.offset);
  });
}

// What cabinets and compiled help have in common: a list of files, each extracted in turn.
template <typename FileType>
class ListArchive : public parts::Archive {
 public:
  std::optional<Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override {
    if (!std::exchange(loaded_, true)) {
      Load();
    }
    if (index_ >= files_.size() || stopped_) {
      return std::nullopt;
    }
    const Listed<FileType>& listed = files_[index_++];
    if (!meter_.Pay(listed.group, listed.offset, listed.size, budget).ok()) {
      stopped_ = true;
      return Member{
          std::string(listed.file->filename), {}, false, parts::LimitReason(base::Limit::kSteps)};
    }
    Member member = ExtractMember(listed.file->filename, system_, file_.size(), budget, buffer,
                                  [&] { return Extract(listed.file); });
    // Of a file that is longer than its folder libmspack gives what there is, and no error.
    if (member.gap.empty() && member.content.size() < listed.size) {
      member.gap = parts::kEndsTooEarly;
    } else if (member.gap.empty() && IsDamaged(listed)) {
      member.gap = "damaged: wrong checksum";
    }
    return member;
  }

  std::string_view problem() const override { return problem_; }

 protected:
  explicit ListArchive(base::Bytes file) : file_(file), system_(file) {}

  // Reads the headers and adds the files.
  virtual void Load() = 0;
  virtual int Extract(FileType* file) = 0;
  // Whether its bytes may be wrong although they could be decoded.
  virtual bool IsDamaged(const Listed<FileType>&) const { return false; }

  void AddFile(FileType* file, std::uint64_t group, std::uint64_t offset, std::uint64_t size) {
    if (files_.size() >= kFilesMax) {
      SetProblem("limit entries_max");
      return;
    }
    files_.push_back({file, group, offset, size});
  }
  void Sort() { SortByData(files_); }
  // The first problem stays.
  void SetProblem(std::string_view problem) {
    if (problem_.empty()) {
      problem_ = problem;
    }
  }
  System& system() { return system_; }
  base::Bytes file() const { return file_; }

 private:
  base::Bytes file_;
  System system_;
  std::vector<Listed<FileType>> files_;
  std::size_t index_ = 0;
  SkipMeter meter_;
  bool loaded_ = false;
  bool stopped_ = false;
  std::string problem_;
};

class CabArchive final : public ListArchive<mscabd_file> {
 public:
  explicit CabArchive(base::Bytes file) : ListArchive(file) {}
  CabArchive(const CabArchive&) = delete;
  CabArchive& operator=(const CabArchive&) = delete;

  ~CabArchive() override {
    if (cabinet_ != nullptr) {
      decoder_->close(decoder_, cabinet_);
    }
    if (decoder_ != nullptr) {
      mspack_destroy_cab_decompressor(decoder_);
    }
  }

 private:
  void Load() override {
    decoder_ = mspack_create_cab_decompressor(system().get());
    if (decoder_ == nullptr) {
      SetProblem(ReasonOf(MSPACK_ERR_NOMEMORY));
      return;
    }
    // A damaged header costs what it describes, not the whole cabinet.
    decoder_->set_param(decoder_, MSCABD_PARAM_SALVAGE, 1);
    cabinet_ = decoder_->open(decoder_, kAnyName);
    if (cabinet_ == nullptr) {
      SetProblem(ReasonOf(decoder_->last_error(decoder_)));
      return;
    }
    if ((cabinet_->flags & (MSCAB_HDR_PREVCAB | MSCAB_HDR_NEXTCAB)) != 0) {
      SetProblem("unsupported: one of a set of cabinets");
    }
    std::map<const mscabd_folder*, std::uint64_t> folders;
    for (const mscabd_folder* folder = cabinet_->folders; folder != nullptr;
         folder = folder->next) {
      folders.emplace(folder, folders.size());
    }
    for (mscabd_file* listed = cabinet_->files; listed != nullptr; listed = listed->next) {
      const auto place = folders.find(listed->folder);
      AddFile(listed, place == folders.end() ? folders.size() : place->second, listed->offset,
              listed->length);
    }
    Sort();
    FindDamage();
  }

  // libmspack does not look at checksums when it is told to salvage what it can.
  void FindDamage() {
    constexpr std::uint64_t kBlockCost = 64;
    std::uint64_t left = kSummedFreeBytes + kSummedRatioMax * file().size();
    CabinetBlocks blocks(file());
    while (const auto block = blocks.Next()) {
      const std::uint64_t cost = kBlockCost + block->data.size();
      if (cost > left) {
        return;
      }
      left -= cost;
      if (!IsRight(*block)) {
        damage_.try_emplace(block->folder, block->unpacked);
      }
    }
  }

  bool IsDamaged(const Listed<mscabd_file>& listed) const override {
    const auto first = damage_.find(listed.group);
    return first != damage_.end() && listed.offset + listed.size > first->second;
  }

  int Extract(mscabd_file* file) override { return decoder_->extract(decoder_, file, kAnyName); }

  mscab_decompressor* decoder_ = nullptr;
  mscabd_cabinet* cabinet_ = nullptr;
  std::map<std::uint64_t, std::uint64_t> damage_;  // by folder: the first byte that may be wrong
};

class ChmArchive final : public ListArchive<mschmd_file> {
 public:
  explicit ChmArchive(base::Bytes file) : ListArchive(file) {}
  ChmArchive(const ChmArchive&) = delete;
  ChmArchive& operator=(const ChmArchive&) = delete;

  ~ChmArchive() override {
    if (help_ != nullptr) {
      decoder_->close(decoder_, help_);
    }
    if (decoder_ != nullptr) {
      mspack_destroy_chm_decompressor(decoder_);
    }
  }

 private:
  void Load() override {
    decoder_ = mspack_create_chm_decompressor(system().get());
    if (decoder_ == nullptr) {
      SetProblem(ReasonOf(MSPACK_ERR_NOMEMORY));
      return;
    }
    help_ = decoder_->open(decoder_, kAnyName);
    if (help_ == nullptr) {
      SetProblem(ReasonOf(decoder_->last_error(decoder_)));
      return;
    }
    for (mschmd_file* listed = help_->files; listed != nullptr; listed = listed->next) {
      if (listed->length <= 0 || listed->offset < 0) {
        continue;  // folders
      }
      AddFile(listed, listed->section->id, static_cast<std::uint64_t>(listed->offset),
              static_cast<std::uint64_t>(listed->length));
    }
    Sort();
  }

  int Extract(mschmd_file* file) override { return decoder_->extract(decoder_, file, kAnyName); }

  mschm_decompressor* decoder_ = nullptr;
  mschmd_header* help_ = nullptr;
};

}  // namespace

std::optional<Format> FormatOf(base::Bytes file) {
  const std::string_view text = base::AsText(file);
  if (text.starts_with("MSCF\0\0\0\0"sv)) {
    return Format::kCab;
  }
  if (text.starts_with("ITSF")) {
    return Format::kChm;
  }
  return std::nullopt;
}

std::unique_ptr<parts::Archive> Open(Format format, base::Bytes file) {
  switch (format) {
    case Format::kCab:
      return std::make_unique<CabArchive>(file);
    case Format::kChm:
      return std::make_unique<ChmArchive>(file);
  }
  return nullptr;
}

}  // namespace day::unpack::mspack
