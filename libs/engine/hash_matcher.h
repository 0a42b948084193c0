// HashMatcher: hash signatures against one object: the whole of it, the sections of a PE file, and
// its import hash. Nothing is hashed unless a signature of that size (or without a size) exists.
//
// Section bytes are those that ClamAV hashes for .mdb: raw pointer rounded down and raw size
// rounded up to the file alignment, cut at the end of the file. Limits: sections may overlap, so at
// most kSectionBytesFactor times the object is hashed as sections. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"
#include "libs/engine/report.h"
#include "libs/formats/pe/imports.h"
#include "libs/formats/pe/pe_reader.h"
#include "libs/signatures/database.h"

namespace day::engine {

inline constexpr std::uint64_t kSectionBytesFactor = 4;

class HashMatcher {
 public:
  // REQUIRES: `database` outlives the matcher.
  explicit HashMatcher(const signatures::Database& database) : database_(database) {}

  // Appends a finding for each signature that is hit; false if kSectionBytesFactor cut the work
  // short. inner_path is left empty.
  bool Match(base::Bytes data, std::vector<Finding>& findings);

  // Whether a .fp or .sfp entry silences what is found in these bytes.
  bool IsAllowed(base::Bytes data);

 private:
  // The MD5, SHA-1 and SHA-256 tables of one scope.
  struct Tables {
    signatures::Table md5;
    signatures::Table sha1;
    signatures::Table sha256;
  };

  std::optional<signatures::SignatureId> FindAny(const Tables& tables, base::Bytes data);
  bool WantsHash(const Tables& tables, std::uint64_t size_bytes) const;
  bool MatchSections(std::vector<Finding>& findings);
  void MatchImports(std::vector<Finding>& findings);

  static const Tables kFiles;
  static const Tables kSections;
  static const Tables kAllow;

  const signatures::Database& database_;
  crypto::Md5Hasher md5_;
  crypto::Sha1Hasher sha1_;
  crypto::Sha256Hasher sha256_;
  formats::pe::PeReader pe_;
  formats::pe::ImportTable imports_;
  std::string import_text_;
};

}  // namespace day::engine
