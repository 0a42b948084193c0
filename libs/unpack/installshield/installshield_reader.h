// Opens what InstallShield's setup programs carry behind their last section:
//   - a list of files: name, path, version and size as texts, then the bytes ("setup.exe" of
//   cabinets),
//   - the stream of MSI setups ("InstallShield", then files that are XORed with their name and
//   packed),
// and, in a list, the files in InstallShield's own cabinets (version 5 and later: data1.hdr with
// data1.cab, data2.cab, ...), named "data1.hdr/FILE".
//
// Linear in the file and its output; files of cabinets that share bytes are paid each. Not
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/installshield/cabinet.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::installshield {

// Files that one list or stream gives.
inline constexpr std::size_t kFilesMax = 10'000;

class InstallshieldReader final : public parts::Archive {
 public:
  // Whether a list or a stream starts the data.
  static bool IsList(base::Bytes data);
  static bool IsStream(base::Bytes data);
  // Whether the data is a header of InstallShield's own cabinets.
  static bool IsCabinetHeader(base::Bytes data);

  // REQUIRES: one of the two; `data` outlives the reader.
  explicit InstallshieldReader(base::Bytes data);
  // A cabinet's header and its volumes, which lie beside each other. They outlive the reader.
  explicit InstallshieldReader(std::vector<NamedFile> cabinet);

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  std::optional<parts::Member> NextListed(base::Budget& budget);
  std::optional<parts::Member> NextStreamed(base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<parts::Member> NextOfCabinets(base::Budget& budget, inflate::OutputBuffer& buffer);
  bool OpenCabinet();

  base::Bytes data_;
  bool is_list_;
  std::uint64_t offset_;
  std::uint32_t files_left_ = 0;  // of a stream
  std::vector<NamedFile> files_;  // of a list
  std::size_t header_ = 0;        // the next of files_ that may be a cabinet's header
  std::optional<Cabinet> cabinet_;
  std::string cabinet_name_;
  inflate::Inflater inflater_;
  std::string problem_;
};

}  // namespace day::unpack::installshield
