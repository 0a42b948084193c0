// Walks a RAR 5 archive (the marker "Rar!\x1A\x07\x01\0", written by RAR 5 to 7): stored and packed
// files, solid or not, with filters; encrypted files and headers if one of the passwords fits.
//
// Gaps: encryption otherwise, what lies in volumes that are not there, compressions of later
// versions. Of several volumes, one after the other, the files are whole. Comments
// and alternate data streams are members of their own. Headers whose checksum is wrong are not
// believed; the next right one of a file is looked for. BLAKE2 sums are not checked, CRC-32s are.
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

#include "libs/unpack/cipher/rar_cipher.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/parts/volumes.h"
#include "libs/unpack/rar/rar5_decoder.h"
#include "libs/unpack/rar/rar5_header.h"

namespace day::unpack::rar {

class Rar5Reader final : public parts::Archive {
 public:
  static bool IsRar5(base::Bytes file);

  // REQUIRES: IsRar5(file); the file, the passwords, which are tried beside the well-known ones,
  // and `volume_starts`, if the file is several volumes, outlive the reader.
  explicit Rar5Reader(base::Bytes file, std::span<const std::string> passwords = {},
                      std::span<const std::uint64_t> volume_starts = {});

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  void End(std::string_view problem);
  // The header at offset_, which moves to its data.
  std::optional<Rar5Header> TakeHeader();
  std::optional<Rar5Header> TakeEncryptedHeader();
  void TakeKey(const Rar5Header& header, base::Budget& budget);
  bool Resync();
  bool NextVolume();
  struct Part {
    Rar5Header header;
    Rar5File file;
  };
  void TakeFurtherParts(Part& first, base::Bytes& packed, base::Budget& budget);
  std::optional<Part> TakePart(base::Budget& budget);
  const cipher::Rar5Key* FindKey(const Rar5Encryption& encryption, base::Budget& budget);
  std::optional<cipher::Rar5Key> TryPasswords(const Rar5Encryption& encryption,
                                              base::Budget& budget);
  std::optional<parts::Member> NextFile(const Rar5Header& header, base::Budget& budget,
                                        inflate::OutputBuffer& buffer);
  parts::Member ReadMember(const Rar5Header& header, const Rar5File& file, base::Bytes packed,
                           base::Budget& budget, inflate::OutputBuffer& buffer);
  // Why the file cannot be decoded, or empty; `packed` becomes its data in the clear.
  std::string Prepare(const Rar5Header& header, const Rar5File& file, base::Bytes& packed,
                      base::Budget& budget);
  std::string Decode(const Rar5File& file, base::Bytes packed, base::Budget& budget,
                     inflate::OutputBuffer& buffer, base::Bytes& content);
  bool ChecksumFits(const Rar5File& file, base::Bytes content) const;

  base::Bytes file_;
  parts::Volumes volumes_;
  std::span<const std::string> passwords_;
  std::uint64_t offset_;
  std::uint32_t candidates_ = 0;
  bool ended_ = false;
  bool lost_ = false;  // a file that later ones of a solid archive need was not decoded
  std::unique_ptr<Rar5Decoder> decoder_;

  std::optional<cipher::Rar5Key> headers_key_;  // of encrypted headers
  std::vector<std::byte> header_;               // the one read last, decrypted
  std::vector<std::byte> first_header_;         // of a file in several volumes
  std::vector<std::byte> joined_;               // the packed data of such a file
  std::vector<std::byte> plain_;                // a file's data, decrypted
  std::string password_;                        // that fitted last
  std::string key_id_;                          // of key_: salt, rounds and check
  std::optional<cipher::Rar5Key> key_;          // nothing: no password fits
  std::string problem_;
};

}  // namespace day::unpack::rar
