#include "libs/unpack/ole2/compound_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/unpack/document/text.h"

namespace day::unpack::ole2 {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv;
// Old betas of the format; Windows still opens it.
constexpr std::string_view kBetaMagic = "\x0E\x11\xFC\x0D\xD0\xCF\x11\xE0"sv;
constexpr std::uint64_t kEntryBytes = 128;
constexpr std::uint64_t kNameBytesMax = 64;
constexpr std::uint64_t kHeaderDifatOffset = 0x4C;
constexpr std::size_t kHeaderDifatCount = 109;
constexpr std::uint32_t kLastSector = 0xFFFFFFFA;  // above: marks, not sectors
constexpr std::uint32_t kEndOfChain = 0xFFFFFFFE;
constexpr std::uint32_t kFree = 0xFFFFFFFF;

constexpr std::string_view kLoops = "damaged: a chain of sectors loops";
constexpr std::string_view kLeaves = "damaged: a chain of sectors leaves the file";
constexpr std::string_view kShort = "damaged: a chain of sectors ends too early";

// Finds out that a chain loops, within twice the loop's length: Brent's algorithm.
class LoopGuard {
 public:
  explicit LoopGuard(std::uint32_t start) : seen_(start) {}
  bool Loops(std::uint32_t next) {
    if (next == seen_) {
      return true;
    }
    if (++steps_ == power_) {
      power_ *= 2;
      steps_ = 0;
      seen_ = next;
    }
    return false;
  }

 private:
  std::uint32_t seen_;
  std::uint64_t steps_ = 0;
  std::uint64_t power_ = 1;
};

// Names of tables and streams of installer databases: two characters in one, from a set of 64.
std::string DecodedInstallerName(base::Bytes raw) {
  constexpr std::string_view kCharacters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
  std::string out;
  for (std::size_t i = 0; i + 1 < raw.size(); i += 2) {
    const std::uint32_t unit = base::ReadAt<std::uint16_t>(raw, i).value_or(0);
    if (unit == 0x4840) {
      out += '!';
    } else if (unit >= 0x3800 && unit < 0x4800) {
      out += kCharacters[unit & 0x3F];
      out += kCharacters[((unit - 0x3800) >> 6) & 0x3F];
    } else if (unit >= 0x4800 && unit < 0x4840) {
      out += kCharacters[unit - 0x4800];
    } else {
      return {};
    }
  }
  return out;
}

std::string NameOf(base::Bytes raw_entry) {
  const std::uint64_t size = base::ReadAt<std::uint16_t>(raw_entry, 0x40).value_or(0);
  // The size counts the zero at the end; a wrong one is not believed.
  base::Bytes raw = base::ClippedSlice(raw_entry, 0, kNameBytesMax);
  if (size >= 2 && size <= kNameBytesMax) {
    raw = raw.first(static_cast<std::size_t>(size - 2));
  }
  std::string name = DecodedInstallerName(raw);
  return !name.empty() ? name : document::Utf16UpToZero(raw, raw.size());
}

}  // namespace

base::Result<CompoundFile> CompoundFile::Open(base::Bytes file) {
  const std::string_view start = base::AsText(base::ClippedSlice(file, 0, kMagic.size()));
  if (start != kMagic && start != kBetaMagic) {
    return base::MakeError(base::ErrorKind::kMalformed, "not a compound file", 0);
  }
  CompoundFile self(file);
  const std::uint32_t version = base::ReadAt<std::uint16_t>(file, 0x1A).value_or(0);
  const std::uint32_t shift = base::ReadAt<std::uint16_t>(file, 0x1E).value_or(0);
  const std::uint32_t mini_shift = base::ReadAt<std::uint16_t>(file, 0x20).value_or(0);
  const std::uint64_t cutoff = base::ReadAt<std::uint32_t>(file, 0x38).value_or(0);
  self.has_large_sizes_ = version >= 4;
  self.sector_shift_ = shift >= 7 && shift <= 16 ? shift : (version >= 4 ? 12 : 9);
  self.mini_shift_ = mini_shift >= 4 && mini_shift < self.sector_shift_ ? mini_shift : 6;
  const bool has_mini_stream =
      base::ReadAt<std::uint32_t>(file, 0x3C).value_or(kEndOfChain) != kEndOfChain;
  self.mini_cutoff_ = cutoff != 0 || !has_mini_stream ? cutoff : 4096;
  self.sector_count_ = file.size() >> self.sector_shift_;
  self.ReadFatSectors();
  self.ReadDirectory();
  if (self.entries_.empty() && self.problem_.empty()) {
    self.problem_ = "damaged: no directory";
  }
  return self;
}

void CompoundFile::NoteProblem(std::string_view problem) {
  if (problem_.empty()) {
    problem_ = problem;
  }
}

// 109 of them are listed in the header, the others in sectors of their own.
void CompoundFile::ReadFatSectors() {
  const std::uint64_t per_sector = (std::uint64_t{1} << sector_shift_) / 4;
  const std::uint64_t needed = sector_count_ / per_sector + 1;
  for (std::size_t i = 0; i < kHeaderDifatCount && fat_sectors_.size() < needed; ++i) {
    fat_sectors_.push_back(
        base::ReadAt<std::uint32_t>(file_, kHeaderDifatOffset + 4 * i).value_or(kFree));
  }
  std::uint32_t sector = base::ReadAt<std::uint32_t>(file_, 0x44).value_or(kEndOfChain);
  // A loop ends here too: no file needs more than `needed`.
  while (fat_sectors_.size() < needed && sector < kLastSector) {
    const std::uint64_t offset = SectorOffset(sector);
    if (offset >= file_.size()) {
      NoteProblem("damaged: the list of the allocation table's sectors leaves the file");
      break;
    }
    for (std::uint64_t i = 0; i + 1 < per_sector; ++i) {
      fat_sectors_.push_back(base::ReadAt<std::uint32_t>(file_, offset + 4 * i).value_or(kFree));
    }
    sector = base::ReadAt<std::uint32_t>(file_, offset + 4 * (per_sector - 1)).value_or(kFree);
  }
}

std::uint32_t CompoundFile::NextSector(std::uint32_t sector) const {
  const std::uint32_t per_sector_shift = sector_shift_ - 2;
  const std::uint64_t index = sector >> per_sector_shift;
  if (index >= fat_sectors_.size() || fat_sectors_[index] >= kLastSector) {
    return kFree;
  }
  const std::uint64_t within = sector & ((1u << per_sector_shift) - 1);
  return base::ReadAt<std::uint32_t>(file_, SectorOffset(fat_sectors_[index]) + 4 * within)
      .value_or(kFree);
}

std::uint32_t CompoundFile::NextMiniSector(std::uint32_t sector) const {
  const std::uint32_t per_sector_shift = sector_shift_ - 2;
  const std::uint64_t index = sector >> per_sector_shift;
  if (index >= mini_fat_sectors_.size()) {
    return kFree;
  }
  const std::uint64_t within = sector & ((1u << per_sector_shift) - 1);
  return base::ReadAt<std::uint32_t>(file_, SectorOffset(mini_fat_sectors_[index]) + 4 * within)
      .value_or(kFree);
}

// All sectors of a chain, up to its end or what is wrong with it.
std::vector<std::uint32_t> CompoundFile::SectorsOf(std::uint32_t start,
                                                   std::string_view& problem) const {
  std::vector<std::uint32_t> sectors;
  LoopGuard guard(start);
  for (std::uint32_t sector = start; sector < kLastSector;) {
    if (SectorOffset(sector) >= file_.size()) {
      problem = kLeaves;
      break;
    }
    sectors.push_back(sector);
    sector = NextSector(sector);
    if (guard.Loops(sector)) {
      problem = kLoops;
      break;
    }
  }
  return sectors;
}

bool CompoundFile::AddRun(std::uint64_t offset, std::uint64_t size, std::vector<Run>& runs) const {
  const std::uint64_t there = offset < file_.size() ? std::min(size, file_.size() - offset) : 0;
  if (there == 0) {
    return false;
  }
  if (!runs.empty() && runs.back().offset + runs.back().size == offset) {
    runs.back().size += there;
  } else {
    runs.push_back({offset, there});
  }
  return there == size;
}

CompoundFile::Chain CompoundFile::ChainOf(std::uint32_t start, std::uint64_t size) const {
  Chain chain;
  LoopGuard guard(start);
  const std::uint64_t sector_size = std::uint64_t{1} << sector_shift_;
  std::uint32_t sector = start;
  for (std::uint64_t left = size; left > 0;) {
    if (sector >= kLastSector) {
      chain.problem = kShort;
      break;
    }
    const std::uint64_t wanted = std::min(left, sector_size);
    if (!AddRun(SectorOffset(sector), wanted, chain.runs)) {
      chain.problem = kLeaves;
      break;
    }
    left -= wanted;
    sector = NextSector(sector);
    if (left > 0 && guard.Loops(sector)) {
      chain.problem = kLoops;
      break;
    }
  }
  return chain;
}

CompoundFile::Chain CompoundFile::MiniChainOf(std::uint32_t start, std::uint64_t size) const {
  Chain chain;
  LoopGuard guard(start);
  const std::uint64_t mini_size = std::uint64_t{1} << mini_shift_;
  std::uint32_t sector = start;
  for (std::uint64_t left = size; left > 0;) {
    if (sector >= kLastSector) {
      chain.problem = kShort;
      break;
    }
    const std::uint64_t at = std::uint64_t{sector} << mini_shift_;
    const std::uint64_t index = at >> sector_shift_;
    const std::uint64_t wanted = std::min(left, mini_size);
    if (index >= mini_sectors_.size() ||
        !AddRun(SectorOffset(mini_sectors_[index]) + (at & ((1u << sector_shift_) - 1)), wanted,
                chain.runs)) {
      chain.problem = kLeaves;
      break;
    }
    left -= wanted;
    sector = NextMiniSector(sector);
    if (left > 0 && guard.Loops(sector)) {
      chain.problem = kLoops;
      break;
    }
  }
  return chain;
}

void CompoundFile::ReadDirectory() {
  std::string_view problem;
  const std::vector<std::uint32_t> sectors =
      SectorsOf(base::ReadAt<std::uint32_t>(file_, 0x30).value_or(kEndOfChain), problem);
  NoteProblem(problem);
  const std::uint64_t per_sector = (std::uint64_t{1} << sector_shift_) / kEntryBytes;
  std::vector<Links> links;
  for (const std::uint32_t sector : sectors) {
    for (std::uint64_t i = 0; i < per_sector; ++i) {
      const auto raw = base::Slice(file_, SectorOffset(sector) + i * kEntryBytes, kEntryBytes);
      if (!raw) {
        break;
      }
      if (entries_.size() >= kEntriesMax) {
        NoteProblem("limit ole2_entries_max");
        break;
      }
      const std::uint8_t type = base::ReadAt<std::uint8_t>(*raw, 0x42).value_or(0);
      Entry entry;
      entry.start = base::ReadAt<std::uint32_t>(*raw, 0x74).value_or(kEndOfChain);
      entry.size = base::ReadAt<std::uint64_t>(*raw, 0x78).value_or(0);
      entry.size &= has_large_sizes_ ? ~std::uint64_t{0} : 0xFFFFFFFF;
      if (entries_.empty()) {
        entry.kind = Entry::Kind::kRoot;
      } else if (type != 0) {
        entry.kind = type == 1 ? Entry::Kind::kStorage : Entry::Kind::kStream;
        entry.name = NameOf(*raw);
        if (type > 2) {
          NoteProblem("damaged: an entry of the directory has no type");
        }
      }
      entries_.push_back(std::move(entry));
      links.push_back({base::ReadAt<std::uint32_t>(*raw, 0x44).value_or(kNoEntry),
                       base::ReadAt<std::uint32_t>(*raw, 0x48).value_or(kNoEntry),
                       base::ReadAt<std::uint32_t>(*raw, 0x4C).value_or(kNoEntry)});
    }
  }
  if (!entries_.empty()) {
    ReadMiniStream();
    WalkTrees(links);
  }
}

void CompoundFile::ReadMiniStream() {
  std::string_view problem;
  mini_sectors_ = SectorsOf(entries_.front().start, problem);
  mini_fat_sectors_ =
      SectorsOf(base::ReadAt<std::uint32_t>(file_, 0x3C).value_or(kEndOfChain), problem);
  NoteProblem(problem);
}

// Gives each entry that a tree leads to its parent. An entry in two places has the first one.
void CompoundFile::WalkTrees(const std::vector<Links>& links) {
  struct Place {
    std::uint32_t id;
    std::uint32_t parent;
  };
  std::vector<Place> open = {{links.front().child, 0}};
  while (!open.empty()) {
    const Place place = open.back();
    open.pop_back();
    if (place.id == 0 || place.id >= entries_.size() || entries_[place.id].is_listed) {
      continue;
    }
    Entry& entry = entries_[place.id];
    entry.is_listed = true;
    entry.parent = place.parent;
    if (entry.kind == Entry::Kind::kUnused) {
      NoteProblem("damaged: an entry of the directory has no type");
    }
    open.push_back({links[place.id].right, place.parent});
    open.push_back({links[place.id].left, place.parent});
    if (entry.kind == Entry::Kind::kStorage) {
      open.push_back({links[place.id].child, place.id});
    }
  }
}

bool CompoundFile::IsDamaged() const {
  constexpr std::uint64_t kCutoff = 4096;  // the only one there is
  const bool has_streams = std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.kind == Entry::Kind::kStream;
  });
  return !problem_.empty() || !has_streams || mini_cutoff_ != kCutoff ||
         std::any_of(entries_.begin(), entries_.end(), [this](const Entry& entry) {
           return entry.kind == Entry::Kind::kStream &&
                  !(entry.size < mini_cutoff_ ? MiniChainOf(entry.start, entry.size)
                                              : ChainOf(entry.start, entry.size))
                       .problem.empty();
         });
}

StreamContent CompoundFile::Read(std::size_t index, std::uint64_t size_max,
                                 inflate::OutputBuffer& buffer) const {
  const Entry& entry = entries_[index];
  StreamContent stream;
  stream.is_whole = entry.size <= size_max;
  const std::uint64_t size = std::min(entry.size, size_max);
  const Chain chain =
      entry.size < mini_cutoff_ ? MiniChainOf(entry.start, size) : ChainOf(entry.start, size);
  stream.gap = chain.problem;
  if (chain.runs.size() == 1) {
    stream.content = base::ClippedSlice(file_, chain.runs[0].offset, chain.runs[0].size);
    return stream;
  }
  buffer.Clear();
  for (const Run& run : chain.runs) {
    if (!buffer.Append(base::ClippedSlice(file_, run.offset, run.size))) {
      stream.gap = "limit memory";
      break;
    }
  }
  stream.content = buffer.bytes();
  return stream;
}

std::string CompoundFile::PathOf(std::size_t index) const {
  std::vector<const Entry*> line;
  std::uint32_t id = static_cast<std::uint32_t>(index);
  while (id != 0 && id < entries_.size() && line.size() < kDepthMax) {
    line.push_back(&entries_[id]);
    id = entries_[id].parent;
  }
  std::string path = line.empty() || line.back()->is_listed ? "" : "(unlisted)/";
  for (auto entry = line.rbegin(); entry != line.rend(); ++entry) {
    path += (*entry)->name.empty() ? "(unnamed)" : "";
    for (const char c : (*entry)->name) {
      const auto code = static_cast<unsigned char>(c);
      path += code < 0x20 ? "[" + std::to_string(code) + "]" : std::string(1, c);
    }
    path += '/';
  }
  if (path.empty()) {
    return "(unnamed)";
  }
  path.pop_back();
  return path;
}

base::Bytes CompoundFile::trailing() const {
  // The header takes the place of one sector; the last one may be cut.
  const std::uint64_t sector_size = std::uint64_t{1} << sector_shift_;
  std::uint64_t count = (file_.size() + sector_size - 1) / sector_size - 1;
  while (count > 0 && NextSector(static_cast<std::uint32_t>(count - 1)) == kFree) {
    --count;
  }
  return count == 0 ? base::Bytes{}
                    : base::ClippedSlice(file_, (count + 1) << sector_shift_, file_.size());
}

}  // namespace day::unpack::ole2
