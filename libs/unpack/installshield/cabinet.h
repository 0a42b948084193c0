// InstallShield's own cabinets, version 5 and later: a header file and volumes. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::installshield {

// A file beside the header, by the name that the setup gives it.
struct NamedFile {
  std::string name;
  base::Bytes data;
};

class Cabinet {
 public:
  // Files that one cabinet gives.
  static constexpr std::uint32_t kFilesMax = 100'000;

  // Nothing if `header` is no header of a cabinet. `stem` is its name without number and ending:
  // the volumes are STEM1.cab, STEM2.cab, ... among `files`, whatever the case. All outlive this.
  static std::optional<Cabinet> Open(base::Bytes header, std::string_view stem,
                                     const std::vector<NamedFile>& files);

  // The next file, or nothing at the end.
  std::optional<parts::Member> Next(base::Budget& budget, inflate::Inflater& inflater,
                                    inflate::OutputBuffer& buffer);

 private:
  struct File {
    std::uint32_t index = 0;
    unsigned flags = 0;
    std::uint64_t size = 0;
    std::uint64_t packed_size = 0;
    std::uint64_t offset = 0;
    std::uint32_t volume = 0;
    std::string name;
  };

  std::optional<File> ReadFile(std::uint32_t index) const;
  base::Bytes Volume(std::uint32_t number) const;
  std::uint32_t VolumeOf(std::uint32_t index) const;
  base::Bytes PartIn(base::Bytes volume, const File& file) const;
  // All data of a file, which may be fewer bytes than its size says.
  base::Bytes PackedData(const File& file);

  base::Bytes header_;
  std::string stem_;
  const std::vector<NamedFile>* files_ = nullptr;
  unsigned version_ = 0;
  std::uint64_t table_ = 0;  // offset of the file table
  std::uint32_t table2_ = 0;
  std::uint32_t folders_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t next_ = 0;
  std::vector<std::byte> joined_;  // the data of a file that is split over volumes
};

}  // namespace day::unpack::installshield
