#include "libs/unpack/zip/ppmd.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>

namespace day::unpack::zip {
namespace {

constexpr std::uint32_t kSizeMax = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr int kEmptyBlocksMax = 1000;
constexpr int kZeroPiecesMax = 100;
constexpr std::array<std::byte, 4096> kZeros{};

// A local header with a name of one letter, the data behind it, and zeros behind that: without
// those libarchive keeps what it has decoded of data that is cut off.
class OneEntry {
 public:
  OneEntry(base::Bytes packed, std::uint64_t size)
      : packed_(base::ClippedSlice(packed, 0, kSizeMax)) {
    constexpr std::array<std::uint8_t, 10> kStart = {'P', 'K', 3, 4, 63, 0, 0, 0, 98, 0};
    std::copy(kStart.begin(), kStart.end(), header_.begin());
    PutSize(18, packed_.size());
    PutSize(22, size);
    header_[26] = 1;
    header_[30] = 'p';
  }

  bool is_read_beyond() const { return pieces_read_ > 2; }

  // A callback of libarchive.
  static la_ssize_t Read(struct archive* /*archive*/, void* self, const void** block) {
    auto& entry = *static_cast<OneEntry*>(self);
    switch (entry.pieces_read_++) {
      case 0:
        *block = entry.header_.data();
        return static_cast<la_ssize_t>(entry.header_.size());
      case 1:
        *block = entry.packed_.data();
        return static_cast<la_ssize_t>(entry.packed_.size());
      default:
        if (entry.pieces_read_ > kZeroPiecesMax) {
          return 0;
        }
        *block = kZeros.data();
        return static_cast<la_ssize_t>(kZeros.size());
    }
  }

 private:
  void PutSize(std::size_t offset, std::uint64_t size) {
    std::uint64_t left = std::min<std::uint64_t>(size, kSizeMax);
    for (std::size_t i = 0; i < 4; ++i, left >>= 8) {
      header_[offset + i] = static_cast<std::uint8_t>(left & 0xFF);
    }
  }

  std::array<std::uint8_t, 31> header_{};
  base::Bytes packed_;
  int pieces_read_ = 0;
};

struct Close {
  void operator()(struct archive* archive) const { archive_read_free(archive); }
};
using Handle = std::unique_ptr<struct archive, Close>;

void Fail(struct archive* archive, parts::Sink& sink) {
  sink.End(archive_errno(archive) == ENOMEM ? std::string_view("limit memory_bytes_max")
                                            : parts::kEndsTooEarly);
}

}  // namespace

void DecodePpmd(base::Bytes packed, std::uint64_t size, parts::Sink& sink) {
  const Handle handle(archive_read_new());
  OneEntry file(packed, size);
  struct archive_entry* entry = nullptr;
  if (handle == nullptr) {
    sink.End("limit memory_bytes_max");
    return;
  }
  // The checksum is for the caller to judge.
  if (archive_read_support_format_zip_streamable(handle.get()) < ARCHIVE_WARN ||
      archive_read_set_option(handle.get(), "zip", "ignorecrc32", "1") < ARCHIVE_WARN ||
      archive_read_open(handle.get(), &file, nullptr, &OneEntry::Read, nullptr) < ARCHIVE_WARN ||
      archive_read_next_header(handle.get(), &entry) < ARCHIVE_WARN) {
    Fail(handle.get(), sink);
    return;
  }
  for (int empty_blocks = 0; sink.ok() && sink.produced() < size;) {
    const void* block = nullptr;
    std::size_t block_size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(handle.get(), &block, &block_size, &offset);
    if (status == ARCHIVE_EOF) {
      break;
    }
    if (status < ARCHIVE_WARN || (block_size == 0 && ++empty_blocks > kEmptyBlocksMax)) {
      Fail(handle.get(), sink);
      return;
    }
    const std::uint64_t wanted = std::min<std::uint64_t>(block_size, size - sink.produced());
    sink.Write(base::ClippedSlice(base::Bytes(static_cast<const std::byte*>(block), block_size), 0,
                                  wanted));
  }
  if (file.is_read_beyond()) {
    sink.End(parts::kEndsTooEarly);
  }
}

}  // namespace day::unpack::zip
