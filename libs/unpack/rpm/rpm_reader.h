// Opens an rpm package (format 3 and 4 of the RPM manual): lead, signature header, header, payload.
//
// One member: the payload as it is, named "payload.cpio.xz" (or .gz, ...) as the header's tags say,
// so that the stream and the cpio archive in it are opened like any other. If a header is damaged,
// everything behind it is the member, and problem() says so. Constant time. Not thread-safe.
#pragma once

#include <string>

#include "libs/unpack/parts/archive.h"

namespace day::unpack::rpm {

// Longer headers are damage; rpm itself allows less.
inline constexpr std::uint64_t kHeaderBytesMax = 256ull * 1024 * 1024;
inline constexpr std::uint32_t kTagsMax = 65'536;

class RpmReader final : public parts::Archive {
 public:
  static bool IsRpm(base::Bytes file);

  // REQUIRES: IsRpm(file), which outlives the reader.
  explicit RpmReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  base::Bytes file_;
  bool given_ = false;
  std::string problem_;
};

}  // namespace day::unpack::rpm
