// OpenDocument files that ask for a password: each entry of the zip is encrypted by itself, and the
// manifest says how. Specification: OpenDocument 1.2 and 1.3, part 3 (2), 3.4 to 3.8: AES in CBC
// mode, a start key by SHA-1 or SHA-256, a key by PBKDF2, a checksum of the first 1,024 bytes. What
// is decrypted is deflated. Blowfish (OpenOffice.org 3.3 and before) and Argon2 with AES in GCM
// mode (LibreOffice 24.8 and later) are kUnknownMethod.
//
//   OpenDocumentKeys keys(ReadManifest(xml), told_passwords);
//   if (keys.Has(name)) { gap = keys.Decrypt(name, data, budget, out); }
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/crypto/digester.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::officecrypt {

inline constexpr std::size_t kManifestEntriesMax = 10'000;
// For how many entries a password is looked for: one that lies about itself must not hide the rest.
inline constexpr int kSearchesMax = 3;
// LibreOffice takes 100,000 rounds. More are kTooManySpins.
inline constexpr std::uint32_t kDerivationRoundsMax = 1'000'000;

struct ManifestEntry {
  bool is_known = false;  // the methods are; else nothing of the rest counts
  crypto::HashKind start_hash = crypto::HashKind::kSha1;
  crypto::HashKind check_hash = crypto::HashKind::kSha1;
  std::string checksum;
  std::string vector;
  std::string salt;
  std::size_t key_bytes = 16;
  std::uint32_t rounds = 0;
};

// The encrypted entries, by their names; at most kManifestEntriesMax.
std::map<std::string, ManifestEntry, std::less<>> ReadManifest(std::string_view xml);

class OpenDocumentKeys {
 public:
  // Tries told passwords, none, and those that malware often has. REQUIRES: `told` outlives it.
  OpenDocumentKeys(std::map<std::string, ManifestEntry, std::less<>> entries,
                   std::span<const std::string> told);

  bool empty() const { return entries_.empty(); }
  // Whether the entry is encrypted.
  bool Has(std::string_view name) const { return entries_.find(name) != entries_.end(); }

  // Overwrites `out` with the entry in the clear, still deflated. Returns "" or the gap. One
  // entry pays for the search for the password, further ones for a key each.
  std::string Decrypt(std::string_view name, base::Bytes data, base::Budget& budget,
                      inflate::OutputBuffer& out);

 private:
  std::string Search(const ManifestEntry& entry, base::Bytes data, base::Budget& budget);

  std::map<std::string, ManifestEntry, std::less<>> entries_;
  std::vector<std::string> candidates_;
  std::optional<std::string> password_;
  int searches_ = 0;
  std::string search_gap_;  // why there is none yet
};

}  // namespace day::unpack::officecrypt
