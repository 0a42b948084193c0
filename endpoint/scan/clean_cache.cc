#include "endpoint/scan/clean_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "libs/wire/codec.h"

namespace day::endpoint::scan {
namespace {

constexpr std::size_t kNotFound = ~std::size_t{0};
constexpr std::string_view kMagic = "DLCLEAN1";
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kAgeIndex = kFileCodeBytes;
constexpr std::size_t kSlotsMin = 1024;
constexpr std::size_t kSlotsMax = 2 * kCleanEntriesMax;
// A hostile table may be full; an honest one is half empty and needs a handful of steps.
constexpr std::size_t kProbesMax = 4096;
constexpr unsigned kAgeMax = 255;
constexpr std::uint32_t kLockTimeoutMs = 3000;

constexpr std::size_t kEntryBytes = 16;

base::Bytes SlotAt(base::Bytes slots, std::size_t index) {
  return slots.subspan(index * kEntryBytes, kEntryBytes);
}

bool SameCode(base::Bytes a, base::Bytes b) {
  return std::memcmp(a.data(), b.data(), kFileCodeBytes) == 0;
}

bool IsFree(base::Bytes slot) { return slot[kAgeIndex] == std::byte{0}; }

std::size_t HomeSlot(base::Bytes entry, std::size_t slot_count) {
  return static_cast<std::size_t>(*base::ReadAt<std::uint64_t>(entry, 0)) & (slot_count - 1);
}

}  // namespace

CleanCache::CleanCache(std::string path, const UserKey& key, const crypto::Sha256Digest& generation)
    : path_(std::move(path)),
      coder_(key, "daylight clean cache 1", generation),
      loaded_(ReadTable(path_)),
      used_(loaded_.slot_count(), false) {}

CleanCache::Entry CleanCache::EntryOf(std::string_view path, const os::FileStat& stat) const {
  const FileCode code = coder_.Code(path, stat);
  Entry entry;
  std::copy(code.begin(), code.end(), entry.begin());
  entry[kAgeIndex] = std::byte{1};
  return entry;
}

std::size_t CleanCache::Find(const Table& table, const Entry& entry) {
  if (table.slots.empty()) {
    return kNotFound;
  }
  const std::size_t mask = table.slot_count() - 1;
  std::size_t slot = HomeSlot(entry, table.slot_count());
  for (std::size_t probes = 0; probes < kProbesMax; ++probes, slot = (slot + 1) & mask) {
    const base::Bytes held = SlotAt(table.slots, slot);
    if (IsFree(held)) {
      return kNotFound;
    }
    if (SameCode(held, entry)) {
      return slot;
    }
  }
  return kNotFound;
}

// REQUIRES: the table is one that is being made.
void CleanCache::Insert(Table* table, const Entry& entry) {
  const std::size_t mask = table->slot_count() - 1;
  std::size_t slot = HomeSlot(entry, table->slot_count());
  for (std::size_t probes = 0; probes < kProbesMax; ++probes, slot = (slot + 1) & mask) {
    const base::Bytes held = SlotAt(table->slots, slot);
    const bool is_free = IsFree(held);
    if (is_free || SameCode(held, entry)) {
      std::memcpy(table->made.data() + slot * kEntryBytes, entry.data(), kEntryBytes);
      table->count += is_free ? 1 : 0;
      return;
    }
  }
}

CleanCache::Table CleanCache::ReadTable(const std::string& path) {
  const base::Result<os::Fd> fd = os::OpenRead(path, os::Symlinks::kRefuse);
  const base::Result<os::FileStat> stat = fd.ok() ? os::StatFd(fd->get()) : fd.error();
  if (!stat.ok() || stat->kind != os::FileKind::kRegular || stat->size_bytes < kHeaderBytes ||
      stat->size_bytes > kHeaderBytes + kSlotsMax * kEntryBytes) {
    return {};
  }
  base::Result<os::Mapping> mapped = os::Mapping::ReadOnly(*fd, stat->size_bytes);
  if (!mapped.ok() || base::AsText(mapped->bytes().first(kMagic.size())) != kMagic) {
    return {};
  }
  Table table;
  table.file = std::move(mapped).value();
  const base::Bytes bytes = table.file.bytes();
  const std::uint64_t slot_count = *base::ReadAt<std::uint64_t>(bytes, kMagic.size());
  const std::uint64_t count = *base::ReadAt<std::uint64_t>(bytes, kMagic.size() + 8);
  if (slot_count < kSlotsMin || slot_count > kSlotsMax || !std::has_single_bit(slot_count) ||
      bytes.size() != kHeaderBytes + slot_count * kEntryBytes || count > slot_count) {
    return {};
  }
  table.slots = bytes.subspan(kHeaderBytes);
  table.count = static_cast<std::size_t>(count);
  return table;
}

bool CleanCache::Contains(std::string_view path, const os::FileStat& stat) {
  const std::size_t slot = Find(loaded_, EntryOf(path, stat));
  if (slot == kNotFound) {
    return false;
  }
  used_[slot] = true;
  return true;
}

void CleanCache::Add(std::string_view path, const os::FileStat& stat, std::int64_t opened_ns) {
  if (IsSettled(stat, opened_ns) && added_.size() < kCleanEntriesMax) {
    added_.push_back(EntryOf(path, stat));
  }
}

CleanCache::Table CleanCache::Merge(const Table& current) const {
  // Every save makes what it did not use a step older; the oldest go first when there is no room.
  std::vector<Entry> kept;
  kept.reserve(current.count);
  std::array<std::size_t, kAgeMax + 1> by_age{};
  for (std::size_t slot = 0; slot < current.slot_count(); ++slot) {
    const base::Bytes held = SlotAt(current.slots, slot);
    if (IsFree(held)) {
      continue;
    }
    Entry entry;
    std::copy(held.begin(), held.end(), entry.begin());
    const std::size_t mine = Find(loaded_, entry);
    const bool used = mine != kNotFound && used_[mine];
    const unsigned age = std::to_integer<unsigned>(entry[kAgeIndex]);
    entry[kAgeIndex] = static_cast<std::byte>(used ? 1 : std::min(age + 1, kAgeMax));
    ++by_age[std::to_integer<std::size_t>(entry[kAgeIndex])];
    kept.push_back(entry);
  }
  std::size_t room = kCleanEntriesMax - added_.size();
  unsigned age_max = 0;
  while (age_max < kAgeMax && by_age[age_max + 1] <= room) {
    room -= by_age[++age_max];
  }
  Table table;
  const std::size_t entries = std::min(kept.size() + added_.size(), kCleanEntriesMax);
  table.made.resize(std::max(kSlotsMin, std::bit_ceil(2 * entries)) * kEntryBytes);
  table.slots = table.made;
  for (const Entry& entry : kept) {
    if (std::to_integer<unsigned>(entry[kAgeIndex]) <= age_max) {
      Insert(&table, entry);
    }
  }
  for (const Entry& entry : added_) {
    Insert(&table, entry);
  }
  return table;
}

base::Status CleanCache::Save() {
  if (added_.empty()) {
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const os::Fd lock, os::LockFile(path_ + ".lock", kLockTimeoutMs));
  const Table table = Merge(ReadTable(path_));
  std::string file(kMagic);
  wire::Encoder encoder(&file);
  encoder.U64(table.slot_count());
  encoder.U64(table.count);
  file.resize(kHeaderBytes, '\0');
  file += base::AsText(table.slots);
  DAY_TRY(os::WriteFileAtomic(path_, base::AsBytes(file), 0600, os::Durability::kCrashOfProcess));
  added_.clear();
  return base::OkStatus();
}

}  // namespace day::endpoint::scan
