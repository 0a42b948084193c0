// Hashes that are chosen at run time, since a file names them. As hash.h's, they fail only if
// libcrypto has no such algorithm or no memory: then the program ends. Not thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;
struct evp_md_st;

namespace day::crypto {

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

}  // namespace day::crypto
