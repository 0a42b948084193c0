// Walks a RAR archive of the versions 1.5 to 4 (one marker, "Rar!\x1A\x07\0"): stored files and the
// compressions of RAR 2 (20, 26) and RAR 3 and 4 (29, 36), solid or not.
//
// Files and headers that RAR 3 and 4 encrypted are opened if one of the passwords fits. Not
// decoded, and gaps: RAR 1.5's compression (15), other encryption, filters that are programs of
// their own. Of several volumes, one after the other, the files are whole; without the others, what
// begins in another volume is a gap, and what goes on in one is given as far as it goes. Alternate
// data streams and comments are members of their own. Headers whose checksum is wrong are not
// believed; the next right one is looked for. RAR 5 is another format (rar5_reader.h).
//
// Budget: bytes out, steps for each header and block, passwords by what their keys cost. In a solid
// archive every file is decoded with what the ones before taught: if one of them could not be, the
// later ones are gaps. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/volumes.h"
#include "libs/unpack/rar/rar2_decoder.h"
#include "libs/unpack/rar/rar3_decoder.h"
#include "libs/unpack/rar/rar_keys.h"

namespace day::unpack::rar {

class RarReader final : public parts::Archive {
 public:
  static bool IsRar(base::Bytes file);

  // REQUIRES: IsRar(file); the file, the passwords, which are tried beside the well-known ones, and
  // `volume_starts`, if the file is several volumes, outlive the reader.
  explicit RarReader(base::Bytes file, std::span<const std::string> passwords = {},
                     std::span<const std::uint64_t> volume_starts = {});

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Block;
  struct FileHeader;

  static std::optional<Block> ReadBlock(base::Bytes bytes);
  std::optional<Block> TakeBlock(base::Budget& budget);
  std::optional<Block> TakeHiddenBlock(base::Budget& budget);
  bool Resync();
  bool NextVolume();
  void TakeFurtherParts(FileHeader& header, base::Bytes& packed, base::Budget& budget);
  std::optional<FileHeader> TakePart(base::Budget& budget);
  void End(std::string_view problem);
  std::optional<FileHeader> ReadFileHeader(const Block& block) const;
  parts::Member ReadMember(const FileHeader& header, base::Bytes packed, base::Budget& budget,
                           inflate::OutputBuffer& buffer);
  // False if no password fits; else `packed` becomes the data in the clear.
  bool Decrypt(const FileHeader& header, base::Bytes& packed, base::Budget& budget);
  static bool KeyFits(const FileHeader& header, base::Bytes packed, const cipher::Rar3Key& key);
  void Decode(const FileHeader& header, base::Bytes packed, base::Budget& budget, parts::Sink& sink,
              std::string& gap);

  base::Bytes file_;
  parts::Volumes volumes_;
  std::uint64_t offset_;
  std::uint32_t candidates_ = 0;
  bool ended_ = false;
  bool lost_ = false;  // a file that later ones of a solid archive need was not decoded
  RarKeys keys_;
  bool headers_are_hidden_ = false;
  std::vector<std::byte> header_;        // the hidden one read last
  std::vector<std::byte> first_header_;  // of a file in several volumes
  std::vector<std::byte> joined_;        // the packed data of such a file
  std::vector<std::byte> plain_;         // a file's data, decrypted
  std::unique_ptr<Rar2Decoder> rar2_;
  std::unique_ptr<Rar3Decoder> rar3_;
  std::string problem_;
};

}  // namespace day::unpack::rar
