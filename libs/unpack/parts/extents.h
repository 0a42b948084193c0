// Objects of disk images: runs of bytes that lie anywhere in the image.
//
// Thread safety: safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::parts {

struct Extent {
  std::uint64_t offset = 0;  // in the image; of no meaning for a hole
  std::uint64_t size = 0;
  bool is_hole = false;  // zeros that the image does not store
};

// Writes at most `size` bytes of the extents. What lies outside the image, or is not there at all,
// ends the sink as damage.
void WriteExtents(base::Bytes image, std::span<const Extent> extents, std::uint64_t size,
                  Sink& sink);

// An object of `size` bytes: a view if it lies in one piece, else a copy in `buffer`. Either way
// its bytes are paid.
Member ExtentsMember(std::string name, base::Bytes image, std::span<const Extent> extents,
                     std::uint64_t size, base::Budget& budget, inflate::OutputBuffer& buffer);

// Files of an image hardly share their bytes: this keeps those that do from multiplying it. All of
// them together may have kSharingMax times the image's bytes, beyond kRatioFreeBytes. Not
// thread-safe.
class SharingMeter {
 public:
  static constexpr std::uint64_t kSharingMax = 16;

  explicit SharingMeter(std::uint64_t image_size)
      : image_size_(image_size), left_(kRatioFreeBytes + kSharingMax * image_size) {}

  // Whether a file that says it has `size` bytes may be taken out as well.
  bool Add(std::uint64_t size);

 private:
  std::uint64_t image_size_;
  std::uint64_t left_;
};

// `parent`/`name`, cut to kPathBytesMax so that deep trees cannot make paths dear.
inline constexpr std::size_t kPathBytesMax = 1024;
std::string JoinPath(std::string_view parent, std::string_view name);

// UTF-16 as UTF-8; halves of pairs that stand alone become U+FFFD, and so does an odd last byte.
std::string Utf8OfUtf16(base::Bytes text, base::Endian endian);

}  // namespace day::unpack::parts
