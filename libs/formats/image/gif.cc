#include <algorithm>
#include <array>
#include <optional>

#include "libs/formats/image/decoders.h"

namespace day::formats::image {
namespace {

constexpr std::uint8_t kExtension = 0x21;
constexpr std::uint8_t kImage = 0x2C;
constexpr unsigned kCodeBitsMax = 12;
constexpr std::size_t kCodesMax = 1u << kCodeBitsMax;
constexpr unsigned kNoCode = kCodesMax;

// The codes of an image: bits from the lowest, through blocks of up to 255 bytes.
class CodeReader {
 public:
  explicit CodeReader(base::ByteReader* file) : file_(file) {}

  std::optional<unsigned> Next(unsigned bits) {
    while (held_ < bits) {
      if (block_ == 0) {
        block_ = file_->U8();
      }
      if (block_ == 0 || !file_->ok()) {
        return std::nullopt;
      }
      value_ |= static_cast<std::uint32_t>(file_->U8()) << held_;
      held_ += 8;
      --block_;
    }
    const unsigned code = value_ & ((1u << bits) - 1);
    value_ >>= bits;
    held_ -= bits;
    return code;
  }

 private:
  base::ByteReader* file_;
  unsigned block_ = 0;  // bytes left in it
  std::uint32_t value_ = 0;
  unsigned held_ = 0;
};

// LZW: each code stands for the string of another and one byte more.
class Dictionary {
 public:
  explicit Dictionary(unsigned literal_bits) : clear_(1u << literal_bits) { Clear(); }

  void Clear() {
    size_ = clear_ + 2;
    before_ = kNoCode;
  }
  bool IsClear(unsigned code) const { return code == clear_; }
  bool IsEnd(unsigned code) const { return code == clear_ + 1; }
  // A code may be used by the very next one: the width grows as soon as the table is full.
  unsigned code_bits() const {
    unsigned bits = 1;
    while ((1u << bits) <= size_ && bits < kCodeBitsMax) {
      ++bits;
    }
    return bits;
  }

  // Appends the string of the code; false if there is no such code yet.
  bool Expand(unsigned code, std::vector<std::uint8_t>* out) {
    if (code > size_ || (code == size_ && before_ == kNoCode)) {
      return false;
    }
    const std::size_t start = out->size();
    unsigned at = code == size_ ? before_ : code;
    for (; at >= clear_ + 2; at = prefix_[at]) {
      out->push_back(last_[at]);
    }
    out->push_back(static_cast<std::uint8_t>(at));
    std::reverse(out->begin() + static_cast<std::ptrdiff_t>(start), out->end());
    const std::uint8_t first = (*out)[start];
    if (code == size_) {
      out->push_back(first);
    }
    if (before_ != kNoCode && size_ < kCodesMax) {
      prefix_[size_] = static_cast<std::uint16_t>(before_);
      last_[size_] = first;
      ++size_;
    }
    before_ = code;
    return true;
  }

 private:
  unsigned clear_;
  unsigned size_ = 0;
  unsigned before_ = kNoCode;
  std::array<std::uint16_t, kCodesMax> prefix_{};
  std::array<std::uint8_t, kCodesMax> last_{};
};

struct Frame {
  std::uint16_t left = 0;
  std::uint16_t top = 0;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  bool interlaced = false;
  base::Bytes colours;                // three bytes each
  std::vector<std::uint8_t> indices;  // row by row as stored
};

base::Bytes TakeColours(base::ByteReader* reader, std::uint8_t flags) {
  return (flags & 0x80) != 0 ? reader->Take(std::uint64_t{3} << ((flags & 7) + 1)) : base::Bytes{};
}

bool ReadIndices(base::ByteReader* reader, std::uint64_t count, Frame* frame) {
  const unsigned literal_bits = reader->U8();
  if (literal_bits < 1 || literal_bits > 11) {
    return false;
  }
  CodeReader codes(reader);
  Dictionary dictionary(literal_bits);
  while (frame->indices.size() < count) {
    const auto code = codes.Next(dictionary.code_bits());
    if (!code || dictionary.IsEnd(*code)) {
      break;
    }
    if (dictionary.IsClear(*code)) {
      dictionary.Clear();
    } else if (!dictionary.Expand(*code, &frame->indices)) {
      return false;
    }
  }
  frame->indices.resize(static_cast<std::size_t>(count));
  return true;
}

// The row that is stored as the y-th.
std::uint32_t RowOf(std::uint32_t y, std::uint32_t height, bool interlaced) {
  if (!interlaced) {
    return y;
  }
  struct Pass {
    std::uint32_t first;
    std::uint32_t step;
  };
  for (const Pass pass : {Pass{0, 8}, Pass{4, 8}, Pass{2, 4}, Pass{1, 2}}) {
    const std::uint32_t rows =
        height > pass.first ? (height - pass.first + pass.step - 1) / pass.step : 0;
    if (y < rows) {
      return pass.first + y * pass.step;
    }
    y -= rows;
  }
  return 0;
}

void Draw(const Frame& frame, Image* image) {
  for (std::uint32_t y = 0; y < frame.height; ++y) {
    const std::uint32_t row = frame.top + RowOf(y, frame.height, frame.interlaced);
    for (std::uint32_t x = 0; x < frame.width; ++x) {
      const std::uint8_t index = frame.indices[std::size_t{y} * frame.width + x];
      const auto colour = base::Slice(frame.colours, std::uint64_t{3} * index, 3);
      const std::uint32_t column = frame.left + x;
      if (!colour || row >= image->height || column >= image->width) {
        continue;
      }
      const std::size_t at = (std::size_t{row} * image->width + column) * 3;
      for (std::size_t i = 0; i < 3; ++i) {
        image->rgb[at + i] = std::to_integer<std::uint8_t>((*colour)[i]);
      }
    }
  }
}

void SkipExtension(base::ByteReader* reader) {
  reader->Skip(1);
  for (std::uint8_t size = reader->U8(); size != 0 && reader->ok(); size = reader->U8()) {
    reader->Skip(size);
  }
}

}  // namespace

base::Result<Image> DecodeGif(base::Bytes data, std::uint64_t pixels_max) {
  const auto damaged = [] { return base::MakeError(base::ErrorKind::kMalformed, "damaged GIF"); };
  base::ByteReader reader(data);
  reader.Skip(6);
  const std::uint16_t width = reader.U16();
  const std::uint16_t height = reader.U16();
  const std::uint8_t flags = reader.U8();
  reader.Skip(2);
  const base::Bytes colours = TakeColours(&reader, flags);
  DAY_TRY_ASSIGN(Image image, MakeImage(width, height, pixels_max));
  std::uint8_t block = reader.U8();
  for (; block == kExtension && reader.ok(); block = reader.U8()) {
    SkipExtension(&reader);
  }
  Frame frame;
  frame.left = reader.U16();
  frame.top = reader.U16();
  frame.width = reader.U16();
  frame.height = reader.U16();
  const std::uint8_t frame_flags = reader.U8();
  frame.interlaced = (frame_flags & 0x40) != 0;
  frame.colours = TakeColours(&reader, frame_flags);
  if (frame.colours.empty()) {
    frame.colours = colours;
  }
  const std::uint64_t count = std::uint64_t{frame.width} * frame.height;
  if (block != kImage || !reader.ok() || count == 0 || count > pixels_max ||
      !ReadIndices(&reader, count, &frame)) {
    return damaged();
  }
  Draw(frame, &image);
  return image;
}

}  // namespace day::formats::image
