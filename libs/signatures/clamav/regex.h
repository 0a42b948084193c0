// One PCRE2 expression of a logical signature.
//
// Work is bounded by kRegexMatchLimit and kRegexDepthLimit (ClamAV's defaults) for each attempt.
// Compiled code stays in memory: the matcher compiles an expression when its trigger holds for the
// first time. Thread safety: a Regex belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::signatures::clamav {

inline constexpr std::uint32_t kRegexMatchLimit = 100'000;
inline constexpr std::uint32_t kRegexDepthLimit = 2'000;
inline constexpr std::uint64_t kRegexSubjectBytesMax = 100ull * 1024 * 1024;

class Regex {
 public:
  struct Match {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  // `flags`: of i s m x A E U for PCRE2; g, r and e are ignored. Errors: kUnsupported, in PCRE2's
  // words.
  static base::Result<Regex> Compile(std::string_view pattern, std::string_view flags);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // The first match that starts at `from` (anchored) or behind. `go_on` is asked now and then; when
  // it says no, or PCRE2 gives up, *limited is set.
  std::optional<Match> Find(base::Bytes subject, std::uint64_t from, bool anchored,
                            const std::function<bool()>& go_on, bool* limited);

 private:
  struct State;
  explicit Regex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace day::signatures::clamav
