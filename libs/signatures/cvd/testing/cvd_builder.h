// Containers for tests and fuzzing, signed with keys made for the occasion.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libs/signatures/cvd/cvd_signature.h"

namespace day::signatures::cvd::testing {

// Private keys, made anew each time; the public ones are what verifies.
class SigningKeys {
 public:
  SigningKeys();
  const PublicKeys& public_keys() const { return public_; }
  std::string SignHeader(const std::string& md5_digits) const;
  std::string SignInfo(const std::string& signed_text) const;

 private:
  PublicKeys public_;
  std::string header_private_;  // exponents, decimal
  std::string info_private_;
};

using Files = std::vector<std::pair<std::string, std::string>>;

// A tar of files, plain ustar headers.
std::string MakeTar(const Files& files);
// One gzip member, stored.
std::string MakeGzip(const std::string& content);

struct CvdSpec {
  std::string name = "test";  // of NAME.info
  Files files;
  bool compressed = true;
  const SigningKeys* keys = nullptr;  // null: unsigned
  std::uint32_t version = 7;
};
std::string MakeCvd(const CvdSpec& spec);

}  // namespace day::signatures::cvd::testing
