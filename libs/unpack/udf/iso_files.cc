#include "libs/unpack/udf/iso_files.h"

#include <set>
#include <utility>
#include <vector>

namespace day::unpack::udf {
namespace {

constexpr std::uint64_t kSectorBytes = 2048;
constexpr std::uint64_t kFirstDescriptor = 16;
constexpr std::uint64_t kDescriptorsMax = 32;
constexpr std::uint64_t kRootRecord = 156;
constexpr std::uint64_t kRecordBytesMin = 34;
constexpr std::uint64_t kStepsPerRecord = 50;
constexpr unsigned kFolderFlag = 2;
constexpr unsigned kMoreFlag = 0x80;

using Files = std::map<std::uint64_t, std::uint64_t>;

struct Record {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  unsigned flags = 0;
};

Record ReadRecord(base::Bytes record) {
  const std::uint64_t sector = *base::ReadAt<std::uint32_t>(record, 2) +
                               std::uint64_t{*base::ReadAt<std::uint8_t>(record, 1)};
  return {sector * kSectorBytes, *base::ReadAt<std::uint32_t>(record, 10),
          *base::ReadAt<std::uint8_t>(record, 25)};
}

Files FilesOfTree(base::Bytes image, const Record& root, base::Budget& budget) {
  Files files;
  std::vector<Record> folders{root};
  std::set<std::uint64_t> seen{root.offset};
  while (!folders.empty()) {
    const base::Bytes folder =
        base::ClippedSlice(image, folders.back().offset, folders.back().size);
    folders.pop_back();
    for (std::uint64_t at = 0; at + kRecordBytesMin <= folder.size();) {
      if (!budget.SpendSteps(kStepsPerRecord).ok()) {
        return files;
      }
      const std::uint64_t size = *base::ReadAt<std::uint8_t>(folder, at);
      if (size < kRecordBytesMin) {
        at = (at / kSectorBytes + 1) * kSectorBytes;  // no record crosses a sector's end
        continue;
      }
      const Record record = ReadRecord(base::ClippedSlice(folder, at, kRecordBytesMin));
      at += size;
      if ((record.flags & kFolderFlag) != 0) {
        if (seen.insert(record.offset).second) {
          folders.push_back(record);
        }
        continue;
      }
      const bool is_whole = (record.flags & kMoreFlag) == 0;
      const auto [known, is_new] = files.emplace(record.offset, is_whole ? record.size : 0);
      if (!is_new && known->second != record.size) {
        known->second = 0;  // two claims: neither is believed
      }
    }
  }
  return files;
}

}  // namespace

Files FilesOfEveryIsoTree(base::Bytes image, base::Budget& budget) {
  Files common;
  bool is_first = true;
  for (std::uint64_t i = 0; i < kDescriptorsMax; ++i) {
    const auto descriptor = base::Slice(image, (kFirstDescriptor + i) * kSectorBytes, kSectorBytes);
    if (!descriptor || base::AsText(descriptor->subspan(1, 5)) != "CD001") {
      break;
    }
    const auto kind = std::to_integer<unsigned>((*descriptor)[0]);
    if (kind != 1 && kind != 2) {
      continue;
    }
    Files files = FilesOfTree(image, ReadRecord(descriptor->subspan(kRootRecord)), budget);
    if (!std::exchange(is_first, false)) {
      std::erase_if(files, [&](const auto& file) {
        const auto other = common.find(file.first);
        return other == common.end() || other->second != file.second;
      });
    }
    common = std::move(files);
  }
  std::erase_if(common, [](const auto& file) { return file.second == 0; });
  return common;
}

}  // namespace day::unpack::udf
