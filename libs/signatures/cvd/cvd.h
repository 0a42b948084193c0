// Opens ClamAV's database containers: .cvd (signed by ClamAV), .cld (the same after local
// updates), .cud (anybody's, unsigned).
//
//   DAY_TRY_ASSIGN(const Container container, Container::Open(Kind::kCvd, file, {}));
//   for (const Member& member : container.members()) { ... member.name, member.content ... }
//
// 512 bytes of header (colon-separated text, padded with blanks), then a tar, compressed with gzip
// or not. One member, NAME.info, repeats the header and lists size and SHA-256 of every other one;
// COPYING alone need not be in it. What has to be right, by kind:
//
//   .cvd   the header's MD5 is that of the rest, signed with the header key; as .cld
//   .cld   NAME.info is signed with the info key; as .cud
//   .cud   every member is as NAME.info says, and none of those is missing
//
// With OpenOptions::certificates and ::sign_text the whole file is checked against a PKCS #7
// signature beside it instead of the header's and NAME.info's (scheme 2). Anything that is not
// right refuses the whole container: nothing of it is used.
//
// Limits: kMembersMax, kBytesMax decoded. Ownership: members belong to the Container; `file` may
// go. Thread safety: immutable once open. Format: docs/formats/cvd.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/signatures/cvd/cvd_signature.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::signatures::cvd {

inline constexpr std::size_t kHeaderBytes = 512;
inline constexpr std::size_t kMembersMax = 10'000;
inline constexpr std::uint64_t kBytesMax = 4ull << 30;

enum class Kind : std::uint8_t { kCvd, kCld, kCud };

// By the ending of the file's name.
std::optional<Kind> KindOfName(std::string_view file_name);

struct Header {
  std::string time;  // "16 Apr 2020 07-58 -0400"
  std::uint32_t version = 0;
  std::uint64_t signature_count = 0;  // as declared
  std::uint32_t functionality_level = 0;
  std::string md5;        // 32 digits, or something else where nothing is signed
  std::string signature;  // of `md5`
  std::string builder;
  std::uint64_t unix_time = 0;  // 0: not given
};

// The header at the start of a container, or the first line of its .info. Errors: kMalformed.
base::Result<Header> ParseHeader(std::string_view text);

// Who vouches for a container.
enum class Trust : std::uint8_t {
  kNobody,       // .cud: only whole in itself
  kInfoKey,      // .cld
  kHeaderKey,    // .cvd: both keys
  kCertificate,  // a signature beside it
};

struct Member {
  std::string name;
  base::Bytes content;
};

struct OpenOptions {
  std::string_view sign_text;                 // NAME-VERSION.cvd.sign, or empty
  std::span<const std::string> certificates;  // PEM; empty: scheme 2 is not asked
  const PublicKeys* keys = &OfficialKeys();
};

class Container {
 public:
  // Errors: kMalformed (no container, damaged, a digest or a signature that is wrong), kLimit,
  // kUnsupported (a .sign file of another version).
  static base::Result<Container> Open(Kind kind, base::Bytes file, const OpenOptions& options);

  const Header& header() const { return header_; }
  Trust trust() const { return trust_; }
  // Name of who signed, for Trust::kCertificate.
  const std::string& signer() const { return signer_; }
  // In their order; without NAME.info.
  std::span<const Member> members() const { return members_; }

 private:
  base::Status ReadMembers(base::Bytes rest, std::string* info);
  base::Status CheckInfo(std::string_view info, bool needs_signature, const PublicKeys& keys) const;

  Header header_;
  Trust trust_ = Trust::kNobody;
  std::string signer_;
  std::vector<Member> members_;
  unpack::inflate::OutputBuffer buffer_;
};

}  // namespace day::signatures::cvd
