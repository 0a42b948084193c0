// Walks an EGG archive (ESTsoft's ALZip): stored, deflate, bzip2 and LZMA blocks, solid archives,
// entries encrypted by PKWARE's cipher or by AES if one of the passwords fits.
//
// AZO, other encryption and what lies in other volumes are gaps. Behind records that make no sense
// the next file header is looked for, and problem() says so; bytes behind the end mark are not
// looked at. A solid archive is decoded as a whole, then cut into its files. Comments are members.
// Time and memory are linear in the file and its output. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/parts/archive.h"

namespace day::unpack::egg {

// File headers that are looked at behind damage.
inline constexpr std::size_t kCandidatesMax = 10'000;
// Fields of one header: there are six kinds.
inline constexpr std::size_t kFieldsMax = 1000;
// Passwords that one archive tries on AES; the Budget has a limit for all archives.
inline constexpr std::size_t kAesTriesMax = 45;

class EggReader final : public parts::Archive {
 public:
  static bool IsEgg(base::Bytes file);

  // REQUIRES: IsEgg(file); the file and the passwords, which are tried beside the well-known ones,
  // outlive the reader.
  explicit EggReader(base::Bytes file, std::span<const std::string> passwords = {});

  std::optional<parts::Member> Next(base::Budget& budget, inflate::OutputBuffer& buffer) override;
  std::string_view problem() const override { return problem_; }

 private:
  struct Block {
    std::uint8_t method = 0;
    std::uint32_t size = 0;
    std::uint32_t crc32 = 0;
    base::Bytes packed;
    bool is_cut = false;  // the archive ends before the data does
  };
  struct Entry {
    std::string name;
    std::uint64_t size = 0;
    bool is_folder = false;
    bool is_encrypted = false;
    base::Bytes cipher;  // the encryption's method and what it says
    std::vector<Block> blocks;
  };

  void ReadPrefix();
  template <typename Take>
  bool ReadFields(Take&& take);
  bool ReadEntry(Entry& entry);
  bool ReadBlock(Entry& entry);
  std::optional<base::Bytes> ReadComment();
  bool Resync();
  std::optional<parts::Member> NextRecord(base::Budget& budget, inflate::OutputBuffer& buffer);
  std::optional<parts::Member> NextOfSolid(base::Budget& budget);
  void DecodeSolid(base::Budget& budget);
  static parts::MemberFacts FactsOf(const Entry& entry);
  parts::Member ReadMember(const Entry& entry, base::Budget& budget, inflate::OutputBuffer& buffer);
  parts::Member ReadEncrypted(const Entry& entry, base::Budget& budget,
                              inflate::OutputBuffer& buffer);
  bool Decrypt(const Entry& entry, std::string_view password, base::Budget& budget, Entry& plain);
  std::string Decode(std::uint8_t method, base::Bytes packed, std::uint64_t size,
                     base::Budget& budget, inflate::OutputBuffer& buffer);
  std::string DecodeBlock(const Block& block, base::Budget& budget, inflate::OutputBuffer& buffer);

  base::Bytes file_;
  std::span<const std::string> passwords_;
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  bool was_end_mark_ = false;  // the record before was an end mark
  bool is_volume_ = false;
  std::size_t candidates_ = 0;
  std::size_t aes_tries_ = 0;
  std::vector<std::byte> plain_;  // the decrypted blocks of an entry
  inflate::Inflater inflater_;

  bool is_solid_ = false;
  bool solid_decoded_ = false;
  std::vector<Entry> solid_entries_;
  std::vector<Block> solid_blocks_;
  inflate::OutputBuffer solid_;
  std::string solid_gap_;
  std::size_t solid_next_ = 0;
  std::uint64_t solid_offset_ = 0;
  std::string problem_;
};

}  // namespace day::unpack::egg
