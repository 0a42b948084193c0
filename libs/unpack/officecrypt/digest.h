// The hashes that documents name for their keys, chosen at run time. Not thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_md_st;

namespace day::unpack::officecrypt {

enum class HashKind : std::uint8_t { kMd5, kSha1, kSha256, kSha384, kSha512 };

// "SHA512", "SHA-1", ...; nothing for others.
std::optional<HashKind> HashByName(std::string_view name);

class Digester {
 public:
  explicit Digester(HashKind kind);

  std::size_t size_bytes() const;
  // The digest of all pieces behind each other.
  std::string Of(std::initializer_list<std::string_view> pieces);
  // Hashes `digest` `count` times, each time with the number of the round (4 bytes, from 0) in
  // front: what makes guessing slow ([MS-OFFCRYPTO] 2.3.4.7, 2.3.4.11).
  std::string Spin(std::string digest, std::uint32_t count);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
    void operator()(evp_md_st* method) const;
  };
  std::unique_ptr<evp_md_st, Free> method_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// A number as keys are derived from it: 4 bytes, the lowest first.
std::string LittleEndian32(std::uint32_t value);

}  // namespace day::unpack::officecrypt
