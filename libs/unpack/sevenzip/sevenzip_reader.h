// Walks a 7z archive: makes a plain one of an encrypted one, if one of the passwords fits, and has
// libarchive read that (libs/unpack/libarchive).
//
// The header and the packed streams are decrypted, and the coders for AES taken out of the header;
// all else stays as it is. A password is right if the hidden header has its checksum, or else if
// the first file comes out. Archives that are not encrypted, or not openable, are given to
// libarchive as they are: then encryption is a gap. Checksums of headers that are wrong are put
// right, for libarchive stops at them; problem() says so. Memory: the archive twice more. Not
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/unpack/cipher/sevenzip_cipher.h"
#include "libs/unpack/parts/archive.h"
#include "libs/unpack/sevenzip/streams.h"

namespace day::unpack::sevenzip {

class SevenZipReader final : public parts::Archive {
 public:
  static bool Is7z(base::Bytes file);

  // REQUIRES: Is7z(file); the file and the passwords, which are tried beside the well-known ones,
  // outlive the reader.
  explicit SevenZipReader(base::Bytes file, std::span<const std::string> passwords = {})
      : file_(file), passwords_(passwords) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override {
    return archive_ == nullptr || archive_->problem().empty() ? problem_ : archive_->problem();
  }

 private:
  // Tried again for each stream: most have one salt and as many rounds.
  struct Known {
    std::string id;
    cipher::SevenZipKey key{};
  };

  void Open(base::Budget& budget);
  bool MakePlain(base::Budget& budget);
  // What the hidden header says, in the clear. Nothing if no password fits.
  std::optional<std::vector<std::byte>> Unhide(base::Bytes hidden, base::Budget& budget);
  std::optional<std::vector<std::byte>> UnpackHeader(Streams streams, base::Budget& budget);
  // Builds plain_ with password_. False if that is not the right one.
  bool Build(base::Bytes header, base::Budget& budget);
  bool StartMakesSense(base::Bytes header, base::Budget& budget);
  bool EndMakesSense(base::Bytes sealed, const Removed& removed, base::Budget& budget);
  bool BeginMakesSense(base::Bytes sealed, const Removed& removed, std::string_view coder,
                       base::Budget& budget);
  bool FirstFileComesOut();
  std::optional<std::vector<std::byte>> Decrypt(base::Bytes sealed, const Removed& removed,
                                                base::Budget& budget);
  template <typename Opens>
  bool FindPassword(Opens&& opens);

  base::Bytes file_;
  std::span<const std::string> passwords_;
  std::string password_;
  bool has_password_ = false;
  std::vector<Known> keys_;       // of password_
  std::vector<std::byte> right_;  // the archive with right checksums, if the file has wrong ones
  std::string_view problem_;
  std::vector<std::byte> plain_;
  bool is_plain_ = false;  // plain_ is read, not file_
  std::unique_ptr<parts::Archive> archive_;
};

}  // namespace day::unpack::sevenzip
