// Opens Apple disk images (UDIF, .dmg): each table of blocks of the property list, one for each
// partition, is given as the bytes of that partition.
//
// The trailer ("koly") is the image's last 512 bytes, or its first. Blocks are zeros, raw, ADC,
// zlib, bzip2 or xz; LZFSE is "unsupported". Tables that hold only zeros are passed over. Encrypted
// images are "encrypted"; a block that cannot be read is zeros and a gap, those behind it are read;
// images whose tables lie in a resource fork are "unsupported".
//
// Limits: kPropertyBytesMax, kTablesMax; the Budget for blocks and bytes. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/unpack/blocks/block_decoder.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/sink.h"

namespace day::unpack::dmg {

inline constexpr std::uint64_t kPropertyBytesMax = 32ull * 1024 * 1024;
inline constexpr std::size_t kTablesMax = 1000;

class DmgReader final : public parts::Archive {
 public:
  // Whether the trailer with its property list, or the mark of an encrypted image, is there.
  static bool IsDmg(base::Bytes file);

  // REQUIRES: `file` outlives the reader.
  explicit DmgReader(base::Bytes file) : file_(file) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Table {
    std::string name;
    std::string_view text;  // in base64, as it stands in the property list
  };

  void Open();
  void WriteTable(base::Bytes table, parts::Sink& sink, base::Budget& budget);
  void Note(std::string_view gap);
  void WriteBlock(base::Bytes entry, std::uint64_t data_offset, parts::Sink& sink,
                  base::Budget& budget);

  base::Bytes file_;
  bool opened_ = false;
  std::uint64_t fork_ = 0;  // where the blocks' offsets count from
  std::vector<Table> tables_;
  std::size_t next_ = 0;
  blocks::BlockDecoder decoder_;
  inflate::OutputBuffer block_;
  std::string problem_;
  std::string gap_;  // the first of the table being read
};

}  // namespace day::unpack::dmg
