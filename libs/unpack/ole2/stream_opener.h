// What encrypted documents hold in the clear, stream by stream: which streams of a compound file
// are encrypted, and what they are with the first password that fits (libs/unpack/officecrypt).
// A key is looked for once for each document, and a document is a storage. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/unpack/inflate/output_buffer.h"
#include "libs/unpack/officecrypt/powerpoint.h"
#include "libs/unpack/officecrypt/word.h"

namespace day::unpack::ole2 {

class StreamOpener {
 public:
  // The streams beside the one that is asked for.
  class Siblings {
   public:
    virtual ~Siblings() = default;
    // At most size_max bytes of the stream `name` (any case) in the same storage; empty if there
    // is none. Valid until the next call.
    virtual base::Bytes Read(std::string_view name, std::uint64_t size_max) = 0;
  };

  // Told passwords are tried besides those that everybody knows. REQUIRES: they outlive it.
  void SetPasswords(std::span<const std::string> told) { told_ = told; }

  // Whether the stream called `name` (in lower case) is encrypted.
  static bool IsEncrypted(std::string_view name, base::Bytes content, Siblings& siblings);

  // Overwrites `plain` with an encrypted stream of the storage in the clear. Returns "" or the gap.
  // REQUIRES: IsEncrypted.
  std::string Open(std::uint32_t storage, std::string_view name, base::Bytes content,
                   Siblings& siblings, base::Budget& budget, inflate::OutputBuffer& plain);

 private:
  using WordKey = base::Result<officecrypt::WordKey>;
  using PresentationKey = base::Result<officecrypt::PresentationKey>;

  std::span<const std::string> Passwords();
  const WordKey& KeyOfWord(std::uint32_t storage, Siblings& siblings, base::Budget& budget);
  const PresentationKey& KeyOfPresentation(std::uint32_t storage, Siblings& siblings,
                                           base::Budget& budget);

  std::span<const std::string> told_;
  std::vector<std::string> passwords_;  // all of them, made when first needed
  std::unordered_map<std::uint32_t, WordKey> word_keys_;
  std::unordered_map<std::uint32_t, PresentationKey> presentation_keys_;
};

}  // namespace day::unpack::ole2
