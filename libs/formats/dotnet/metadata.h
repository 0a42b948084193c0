// Metadata: the CLI header, the metadata root and the list of streams of a .NET file
// (ECMA-335 II.24.2, II.25.3.3), and the two heaps that can be read without tables: #GUID and #US.
//
// What is accepted, and what is read of damaged files, is what YARA 4.5.8 does
// (docs/formats/dotnet.md). Not thread-safe. Borrows the file. Failure: absent values. Limits:
// kStreamsMax, kGuidsMax; user strings are bounded by the file, and cost eight bytes of memory for
// every kUserStringStride of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/formats/dotnet/image.h"
#include "libs/formats/pe/pe_reader.h"

namespace day::formats::dotnet {

// libyara reads one byte of the 16-bit number of streams.
inline constexpr std::size_t kStreamsMax = 255;
inline constexpr std::size_t kStreamNameMax = 32;  // with its zero
inline constexpr std::size_t kGuidsMax = 16;
inline constexpr std::size_t kGuidTextSize = 36;
inline constexpr std::uint64_t kUserStringStride = 32;

struct Stream {
  std::string_view name;
  std::int64_t offset = 0;
  std::uint32_t size = 0;
};

class Metadata {
 public:
  // Reads another file. `pe` is null if it is no PE file. Constant time, but for the streams' list.
  void Open(base::Bytes file, const pe::PeReader* pe);

  const Image& image() const { return image_; }
  bool is_pe() const { return is_pe_; }
  bool is_dotnet() const { return is_dotnet_; }
  std::optional<std::string_view> version() const { return version_; }
  const std::vector<Stream>& streams() const { return streams_; }
  // Nothing if the list of streams is out of the file.
  std::optional<std::uint64_t> stream_count() const { return stream_count_; }
  // The RVA of the managed resources.
  std::uint32_t resources_rva() const { return resources_rva_; }

  const std::optional<Heap>& tables_heap() const { return tables_; }
  const std::optional<Heap>& strings_heap() const { return strings_; }
  const std::optional<Heap>& blob_heap() const { return blobs_; }

  // Nothing if there is no #GUID stream.
  std::optional<std::uint64_t> GuidCount() const;
  // Text like "3764d539-e21a-4366-bc7c-b56fa67efbb0". REQUIRES: index < *GuidCount().
  std::string_view Guid(std::uint64_t index);

  // Nothing if there is no readable #US stream.
  std::optional<std::uint64_t> UserStringCount();
  // UTF-16 without the final marker byte; nothing if there is no such string.
  std::optional<std::string_view> UserString(std::uint64_t index);

 private:
  // Where the scan of the #US heap stands: the strings before it, and the next entry's offset.
  struct Cursor {
    std::uint64_t index = 0;
    std::int64_t offset = 0;
  };

  std::optional<std::int64_t> FindRoot(const pe::PeReader& pe);
  void ReadStreams(std::int64_t offset, std::int64_t root, std::uint32_t count);
  void KeepHeap(const Stream& stream);
  std::optional<std::string_view> NextUserString(Cursor* cursor) const;
  void ScanUserStrings();

  Image image_;
  bool is_pe_ = false;
  bool is_dotnet_ = false;
  std::uint32_t resources_rva_ = 0;
  std::optional<std::string_view> version_;
  std::vector<Stream> streams_;
  std::optional<std::uint64_t> stream_count_;
  std::optional<Heap> tables_;
  std::optional<Heap> strings_;
  std::optional<Heap> blobs_;
  std::optional<Heap> guids_;
  std::optional<Heap> user_strings_;
  std::array<std::array<char, kGuidTextSize>, kGuidsMax> guid_texts_{};
  bool user_strings_scanned_ = false;
  std::optional<std::uint64_t> user_string_count_;
  std::vector<std::int64_t> user_string_marks_;  // the offset of every kUserStringStride-th entry
  Cursor user_string_next_;                      // makes reading in order cheap
};

}  // namespace day::formats::dotnet
