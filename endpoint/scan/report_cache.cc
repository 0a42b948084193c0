#include "endpoint/scan/report_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "libs/os/file.h"
#include "libs/wire/codec.h"
#include "libs/workerproto/messages.h"

namespace day::endpoint::scan {
namespace {

constexpr std::size_t kNotFound = ~std::size_t{0};
constexpr std::string_view kMagic = "DLREPRT1";
constexpr std::size_t kHeaderBytes = 24;
constexpr std::size_t kSealBytes = 16;
constexpr std::size_t kRecordBytesMax = kFileCodeBytes + kReportBytesMax + kSealBytes;
// A slot: a code, whether it is in use, where its record begins and how long it is.
constexpr std::size_t kSlotBytes = 24;
constexpr std::size_t kSlotsMax = 1u << 21;
constexpr std::size_t kRecordsMax = kSlotsMax / 2;
// A hostile table may be full; an honest one is half empty and needs a handful of steps.
constexpr std::size_t kProbesMax = 4096;
constexpr std::uint32_t kLockTimeoutMs = 3000;

bool IsFree(base::Bytes slots, std::size_t slot) {
  return slots[slot * kSlotBytes + kFileCodeBytes] == std::byte{0};
}

bool HoldsCode(base::Bytes slots, std::size_t slot, base::Bytes code) {
  return std::memcmp(slots.data() + slot * kSlotBytes, code.data(), kFileCodeBytes) == 0;
}

std::size_t HomeSlot(base::Bytes code, std::size_t slot_count) {
  return static_cast<std::size_t>(*base::ReadAt<std::uint64_t>(code, 0)) & (slot_count - 1);
}

}  // namespace

ReportCache::ReportCache(std::string path, const UserKey& key,
                         const crypto::Sha256Digest& generation)
    : path_(std::move(path)),
      coder_(key, "daylight report cache 1", generation),
      loaded_(ReadTable(path_)),
      used_(loaded_.slots.size() / kSlotBytes, false) {}

ReportCache::Table ReportCache::ReadTable(const std::string& path) {
  const base::Result<os::Fd> fd = os::OpenRead(path, os::Symlinks::kRefuse);
  const base::Result<os::FileStat> stat = fd.ok() ? os::StatFd(fd->get()) : fd.error();
  if (!stat.ok() || stat->kind != os::FileKind::kRegular || stat->size_bytes < kHeaderBytes ||
      stat->size_bytes > kHeaderBytes + kSlotsMax * kSlotBytes + kReportCacheBytesMax) {
    return {};
  }
  base::Result<os::Mapping> mapped = os::Mapping::ReadOnly(*fd, stat->size_bytes);
  if (!mapped.ok() || base::AsText(mapped->bytes().first(kMagic.size())) != kMagic) {
    return {};
  }
  const base::Bytes bytes = mapped->bytes();
  const std::uint64_t slot_count = *base::ReadAt<std::uint64_t>(bytes, kMagic.size());
  const std::uint64_t count = *base::ReadAt<std::uint64_t>(bytes, kMagic.size() + 8);
  if (!std::has_single_bit(slot_count) || slot_count > kSlotsMax || count > slot_count ||
      slot_count * kSlotBytes > bytes.size() - kHeaderBytes) {
    return {};
  }
  Table table;
  table.slots = bytes.subspan(kHeaderBytes, static_cast<std::size_t>(slot_count) * kSlotBytes);
  table.records = bytes.subspan(kHeaderBytes + table.slots.size());
  table.count = static_cast<std::size_t>(count);
  table.file = std::move(mapped).value();
  return table;
}

std::size_t ReportCache::FindSlot(base::Bytes slots, const FileCode& code) {
  if (slots.empty()) {
    return kNotFound;
  }
  const std::size_t mask = slots.size() / kSlotBytes - 1;
  std::size_t slot = HomeSlot(code, mask + 1);
  for (std::size_t probes = 0; probes < kProbesMax; ++probes, slot = (slot + 1) & mask) {
    if (IsFree(slots, slot)) {
      return kNotFound;
    }
    if (HoldsCode(slots, slot, code)) {
      return slot;
    }
  }
  return kNotFound;
}

// Empty if the slot points nowhere.
base::Bytes ReportCache::RecordOf(const Table& table, std::size_t slot) {
  const std::size_t place = slot * kSlotBytes + kFileCodeBytes + 1;
  const std::uint32_t begin = *base::ReadAt<std::uint32_t>(table.slots, place);
  const std::uint32_t size = *base::ReadAt<std::uint32_t>(table.slots, place + 4);
  if (size < kFileCodeBytes + kSealBytes || size > kRecordBytesMax ||
      begin > table.records.size() || size > table.records.size() - begin) {
    return {};
  }
  return table.records.subspan(begin, size);
}

std::optional<workerproto::FileReport> ReportCache::Find(std::string_view path,
                                                         const os::FileStat& stat) {
  if (loaded_.count == 0) {
    return std::nullopt;
  }
  const FileCode code = coder_.Code(path, stat);
  const std::size_t slot = FindSlot(loaded_.slots, code);
  const base::Bytes record = slot == kNotFound ? base::Bytes() : RecordOf(loaded_, slot);
  if (record.empty()) {
    return std::nullopt;
  }
  const base::Bytes payload =
      record.subspan(kFileCodeBytes, record.size() - kFileCodeBytes - kSealBytes);
  if (!std::ranges::equal(coder_.Seal(code, payload), record.last(kSealBytes))) {
    return std::nullopt;
  }
  base::Result<workerproto::FileReport> report = workerproto::DecodeReport(payload);
  if (!report.ok()) {
    return std::nullopt;
  }
  used_[slot] = true;
  return std::move(report).value();
}

void ReportCache::Add(std::string_view path, const os::FileStat& stat, std::int64_t opened_ns,
                      const workerproto::FileReport& report) {
  if (!IsSettled(stat, opened_ns) || added_bytes_ > kReportCacheBytesMax) {
    return;
  }
  const FileCode code = coder_.Code(path, stat);
  std::string record(base::AsText(code));
  workerproto::AppendReport(report, &record);
  const base::Bytes payload = base::AsBytes(record).subspan(code.size());
  if (payload.size() > kReportBytesMax) {
    return;
  }
  record += base::AsText(coder_.Seal(code, payload));
  added_bytes_ += record.size();
  added_.push_back(std::move(record));
}

std::string ReportCache::MakeFile(const std::vector<base::Bytes>& records) {
  const std::size_t mask = std::bit_ceil(std::max<std::size_t>(2 * records.size(), 64)) - 1;
  std::string slots((mask + 1) * kSlotBytes, '\0');
  std::string kept;
  std::size_t count = 0;
  for (const base::Bytes record : records) {
    if (kept.size() + record.size() > kReportCacheBytesMax) {
      break;
    }
    std::size_t slot = HomeSlot(record, mask + 1);
    while (!IsFree(base::AsBytes(slots), slot) && !HoldsCode(base::AsBytes(slots), slot, record)) {
      slot = (slot + 1) & mask;
    }
    if (!IsFree(base::AsBytes(slots), slot)) {
      continue;  // a later record on the same file is known already
    }
    std::string entry(base::AsText(record.first(kFileCodeBytes)));
    wire::Encoder encoder(&entry);
    encoder.U8(1);
    encoder.U32(static_cast<std::uint32_t>(kept.size()));
    encoder.U32(static_cast<std::uint32_t>(record.size()));
    slots.replace(slot * kSlotBytes, kSlotBytes, entry);
    kept += base::AsText(record);
    ++count;
  }
  std::string file(kMagic);
  wire::Encoder encoder(&file);
  encoder.U64(mask + 1);
  encoder.U64(count);
  return file + slots + kept;
}

base::Status ReportCache::Save() {
  if (added_.empty()) {
    return base::OkStatus();
  }
  DAY_TRY_ASSIGN(const os::Fd lock, os::LockFile(path_ + ".lock", kLockTimeoutMs));
  const Table current = ReadTable(path_);
  struct Kept {
    bool used;  // by this scan
    base::Bytes record;
  };
  std::vector<Kept> kept;
  for (std::size_t slot = 0; slot * kSlotBytes < current.slots.size(); ++slot) {
    const base::Bytes record =
        IsFree(current.slots, slot) ? base::Bytes() : RecordOf(current, slot);
    if (!record.empty()) {
      FileCode code;
      std::copy_n(record.begin(), code.size(), code.begin());
      const std::size_t mine = FindSlot(loaded_.slots, code);
      kept.push_back({mine != kNotFound && used_[mine], record});
    }
  }
  // Records lie in the order of their use.
  std::ranges::sort(kept, [](const Kept& a, const Kept& b) {
    return a.used != b.used ? a.used : a.record.data() < b.record.data();
  });
  std::vector<base::Bytes> records;
  for (const std::string& record : added_) {
    records.push_back(base::AsBytes(record));
  }
  for (const Kept& one : kept) {
    if (records.size() < kRecordsMax) {
      records.push_back(one.record);
    }
  }
  records.resize(std::min(records.size(), kRecordsMax));
  DAY_TRY(os::WriteFileAtomic(path_, base::AsBytes(MakeFile(records)), 0600,
                              os::Durability::kCrashOfProcess));
  added_.clear();
  added_bytes_ = 0;
  return base::OkStatus();
}

}  // namespace day::endpoint::scan
