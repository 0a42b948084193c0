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
constexpr std::size_t kCodeBytes = 15;
constexpr std::size_t kAgeIndex = 15;
constexpr std::size_t kSlotsMin = 1024;
constexpr std::size_t kSlotsMax = 2 * kCleanEntriesMax;
// A hostile table may be full; an honest one is half empty and needs a handful of steps.
constexpr std::size_t kProbesMax = 4096;
constexpr unsigned kAgeMax = 255;
constexpr std::uint32_t kLockTimeoutMs = 3000;

bool SameCode(const std::array<std::byte, 16>& a, const std::array<std::byte, 16>& b) {
  return std::memcmp(a.data(), b.data(), kCodeBytes) == 0;
}

bool IsFree(const std::array<std::byte, 16>& entry) { return entry[kAgeIndex] == std::byte{0}; }

std::size_t HomeSlot(const std::array<std::byte, 16>& entry, std::size_t slot_count) {
  return static_cast<std::size_t>(*base::ReadAt<std::uint64_t>(entry, 0)) & (slot_count - 1);
}

}  // namespace

CleanCache::CleanCache(std::string path, const UserKey& key, const crypto::Sha256Digest& generation)
    : path_(std::move(path)),
      key_(DeriveSipKey(key, "daylight clean cache 1")),
      generation_(generation),
      loaded_(ReadTable(path_)),
      used_(loaded_.slots.size(), false) {}

CleanCache::Entry CleanCache::EntryOf(const os::FileStat& stat) const {
  std::array<std::uint64_t, 9> words = {stat.device, stat.inode, stat.size_bytes,
                                        static_cast<std::uint64_t>(stat.mtime_ns),
                                        static_cast<std::uint64_t>(stat.ctime_ns)};
  std::memcpy(words.data() + 5, generation_.data(), generation_.size());
  Entry entry = SipHash128(key_, std::as_bytes(std::span(words)));
  entry[kAgeIndex] = std::byte{1};
  return entry;
}

std::size_t CleanCache::Find(const Table& table, const Entry& entry) {
  if (table.slots.empty()) {
    return kNotFound;
  }
  const std::size_t mask = table.slots.size() - 1;
  std::size_t slot = HomeSlot(entry, table.slots.size());
  for (std::size_t probes = 0; probes < kProbesMax; ++probes, slot = (slot + 1) & mask) {
    if (IsFree(table.slots[slot])) {
      return kNotFound;
    }
    if (SameCode(table.slots[slot], entry)) {
      return slot;
    }
  }
  return kNotFound;
}

void CleanCache::Insert(Table* table, const Entry& entry) {
  const std::size_t mask = table->slots.size() - 1;
  std::size_t slot = HomeSlot(entry, table->slots.size());
  for (std::size_t probes = 0; probes < kProbesMax; ++probes, slot = (slot + 1) & mask) {
    if (IsFree(table->slots[slot])) {
      table->slots[slot] = entry;
      ++table->count;
      return;
    }
    if (SameCode(table->slots[slot], entry)) {
      table->slots[slot] = entry;
      return;
    }
  }
}

CleanCache::Table CleanCache::ReadTable(const std::string& path) {
  Table table;
  const base::Result<os::Fd> fd = os::OpenRead(path, os::Symlinks::kRefuse);
  if (!fd.ok()) {
    return table;
  }
  os::ReadBuffer buffer;
  const base::Result<os::FileStat> stat = os::StatFd(fd->get());
  const auto bytes = buffer.Read(fd->get(), stat.ok() ? stat->size_bytes : 0,
                                 kHeaderBytes + kSlotsMax * sizeof(Entry));
  if (!bytes.ok() || bytes->size() < kHeaderBytes ||
      base::AsText(bytes->first(kMagic.size())) != kMagic) {
    return table;
  }
  const std::uint64_t slot_count = *base::ReadAt<std::uint64_t>(*bytes, kMagic.size());
  const std::uint64_t count = *base::ReadAt<std::uint64_t>(*bytes, kMagic.size() + 8);
  if (slot_count < kSlotsMin || slot_count > kSlotsMax || !std::has_single_bit(slot_count) ||
      bytes->size() != kHeaderBytes + slot_count * sizeof(Entry) || count > slot_count) {
    return table;
  }
  table.slots.resize(static_cast<std::size_t>(slot_count));
  std::memcpy(table.slots.data(), bytes->data() + kHeaderBytes, bytes->size() - kHeaderBytes);
  table.count = static_cast<std::size_t>(count);
  return table;
}

bool CleanCache::Contains(const os::FileStat& stat) {
  const std::size_t slot = Find(loaded_, EntryOf(stat));
  if (slot == kNotFound) {
    return false;
  }
  used_[slot] = true;
  return true;
}

void CleanCache::Add(const os::FileStat& stat, std::int64_t now_ns) {
  const std::int64_t newest_ns = std::max(stat.mtime_ns, stat.ctime_ns);
  if (newest_ns > now_ns - kRacyNs || added_.size() >= kCleanEntriesMax) {
    return;
  }
  added_.push_back(EntryOf(stat));
}

CleanCache::Table CleanCache::Merge(const Table& current) const {
  // Every save makes what it did not use a step older; the oldest go first when there is no room.
  std::vector<Entry> kept;
  kept.reserve(current.count);
  std::array<std::size_t, kAgeMax + 1> by_age{};
  for (const Entry& slot : current.slots) {
    if (IsFree(slot)) {
      continue;
    }
    Entry entry = slot;
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
  table.slots.resize(std::max(kSlotsMin, std::bit_ceil(2 * entries)));
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
  encoder.U64(table.slots.size());
  encoder.U64(table.count);
  file.resize(kHeaderBytes, '\0');
  file += base::AsText(std::as_bytes(std::span(table.slots)));
  DAY_TRY(os::WriteFileAtomic(path_, base::AsBytes(file), 0600, os::Durability::kCrashOfProcess));
  added_.clear();
  return base::OkStatus();
}

}  // namespace day::endpoint::scan
