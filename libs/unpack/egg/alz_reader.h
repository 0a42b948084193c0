// Walks an ALZ archive (ESTsoft's ALZip before EGG): stored, deflate and its own form of bzip2,
// entries encrypted by PKWARE's cipher if one of the passwords fits.
//
// Unknown methods, other encryption and what lies in other volumes are gaps. Where no record is,
// the next local header is looked for, and problem() says so; bytes behind the directory are not
// looked at. Time and memory are linear in the file and its output. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::egg {

class AlzReader final : public parts::Archive {
 public:
  static bool IsAlz(base::Bytes file);

  // REQUIRES: IsAlz(file); the file and the passwords, which are tried beside the well-known ones,
  // outlive the reader.
  explicit AlzReader(base::Bytes file, std::span<const std::string> passwords = {})
      : file_(file), passwords_(passwords), offset_(kHeaderBytes) {}

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  static constexpr std::uint64_t kHeaderBytes = 8;
  struct Entry {
    std::string name;
    bool is_encrypted = false;
    std::uint8_t check = 0;  // of a password
    std::uint8_t method = 0;
    std::uint32_t crc32 = 0;
    std::uint64_t size = 0;
    base::Bytes packed;  // with the encryption's header
    bool is_cut = false;
  };

  std::optional<Entry> ReadEntry(std::uint64_t* offset) const;
  bool Resync();
  parts::Member ReadMember(const Entry& entry, base::Budget& budget, inflate::OutputBuffer& buffer);
  parts::Member ReadEncrypted(const Entry& entry, base::Budget& budget,
                              inflate::OutputBuffer& buffer);

  base::Bytes file_;
  std::span<const std::string> passwords_;
  std::uint64_t offset_;
  bool ended_ = false;
  inflate::Inflater inflater_;
  std::vector<std::byte> plain_;  // a decrypted entry
  std::string problem_;
};

}  // namespace day::unpack::egg
