#include "libs/unpack/wim/packed_resource.h"

#include <algorithm>
#include <bit>

#include "libs/unpack/parts/archive.h"
#include "libs/unpack/wim/chunk.h"

namespace day::unpack::wim {
namespace {

constexpr std::uint64_t kSolidHeaderBytes = 16;
constexpr std::uint64_t kChunkBytesMin = 4096;
constexpr std::uint64_t kStepsPerChunk = 1000;
constexpr std::uint64_t kStepsPerByte = 4;

bool IsKnown(Packing packing, std::uint64_t chunk_size) {
  return packing <= Packing::kLzms && std::has_single_bit(chunk_size) &&
         chunk_size >= kChunkBytesMin && chunk_size <= kChunkBytesMax;
}

std::uint64_t ChunksOf(std::uint64_t size, std::uint64_t chunk_size) {
  return size / chunk_size + (size % chunk_size != 0 ? 1 : 0);
}

}  // namespace

PackedResource::PackedResource(base::Bytes raw, std::uint64_t size, Packing packing,
                               std::uint64_t chunk_size)
    : size_(size), packing_(packing), chunk_size_(chunk_size) {
  if (!IsKnown(packing_, chunk_size_)) {
    packing_ = Packing::kOther;
    return;
  }
  const std::uint64_t chunks = ChunksOf(size_, chunk_size_);
  const std::uint64_t width = size_ > 0xFFFFFFFF ? 8 : 4;
  const std::uint64_t table_bytes = chunks == 0 ? 0 : (chunks - 1) * width;
  data_ = base::ClippedSlice(raw, table_bytes, raw.size());
  base::ByteReader table(base::ClippedSlice(raw, 0, table_bytes));
  starts_.push_back(0);
  while (table.remaining() >= width) {
    starts_.push_back(width == 8 ? table.U64() : table.U32());
  }
  if (starts_.size() == chunks) {
    starts_.push_back(data_.size());
  }
}

PackedResource PackedResource::Solid(base::Bytes raw) {
  PackedResource resource;
  base::ByteReader in(raw);
  resource.size_ = in.U64();
  resource.chunk_size_ = in.U32();
  resource.packing_ = static_cast<Packing>(
      std::min<std::uint32_t>(in.U32(), static_cast<std::uint32_t>(Packing::kOther)));
  if (!in.ok() || !IsKnown(resource.packing_, resource.chunk_size_)) {
    resource.packing_ = Packing::kOther;
    return resource;
  }
  const std::uint64_t chunks = ChunksOf(resource.size_, resource.chunk_size_);
  resource.starts_.push_back(0);
  for (std::uint64_t i = 0; i < chunks && in.remaining() >= 4; ++i) {
    resource.starts_.push_back(resource.starts_.back() + in.U32());
  }
  resource.data_ = base::ClippedSlice(raw, kSolidHeaderBytes + chunks * 4, raw.size());
  return resource;
}

// Into decoded_; false if there is no such chunk.
bool PackedResource::Decode(std::uint64_t chunk, parts::Sink& sink, base::Budget& budget) {
  if (chunk_ == chunk) {
    return true;
  }
  if (chunk + 1 >= starts_.size() || starts_[chunk] > starts_[chunk + 1] ||
      starts_[chunk + 1] > data_.size()) {
    sink.End("damaged: a chunk lies outside its resource");
    return false;
  }
  const std::uint64_t size = std::min(chunk_size_, size_ - chunk * chunk_size_);
  if (!budget.SpendSteps(kStepsPerChunk + size * kStepsPerByte).ok()) {
    sink.End(parts::LimitReason(base::Limit::kSteps));
    return false;
  }
  const base::Bytes packed =
      base::ClippedSlice(data_, starts_[chunk], starts_[chunk + 1] - starts_[chunk]);
  decoded_.resize(static_cast<std::size_t>(size));
  chunk_ = chunk;
  if (packed.size() == size) {
    std::copy(packed.begin(), packed.end(), decoded_.begin());
    good_ = decoded_.size();
  } else if (packing_ == Packing::kXpress) {
    good_ = DecodeXpress(packed, decoded_);
  } else if (packing_ == Packing::kLzx) {
    good_ = DecodeLzx(packed, static_cast<std::size_t>(chunk_size_), decoded_);
  } else {
    good_ = packing_ == Packing::kLzms ? DecodeLzms(packed, decoded_) : 0;
  }
  return true;
}

void PackedResource::Write(std::uint64_t begin, std::uint64_t count, parts::Sink& sink,
                           base::Budget& budget) {
  if (packing_ == Packing::kOther) {
    return sink.End("unsupported: unknown packing");
  }
  const std::uint64_t end = begin + std::min(count, size_ - std::min(begin, size_));
  while (begin < end && sink.ok() && Decode(begin / chunk_size_, sink, budget)) {
    const std::uint64_t skip = begin % chunk_size_;
    const std::uint64_t wanted = std::min(decoded_.size() - skip, end - begin);
    sink.Write(base::ClippedSlice(base::Bytes(decoded_).first(good_), skip, wanted));
    if (good_ < skip + wanted) {
      return sink.End("damaged: invalid packed data");
    }
    begin += wanted;
  }
}

}  // namespace day::unpack::wim
