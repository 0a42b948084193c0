// Finds the body signatures that match one object.
//
//   BodyMatcher matcher(database);
//   BodyOutcome outcome = matcher.Match(data, facts, deadline, budget, hits);
//
// One pass looks for the rarest bytes of each signature (part_plan.h, trigger.h); where they are
// found the pattern around them is verified. A signature of one pattern is then found; of any
// other, conditions are compared, then its subsignatures are searched, each at most once and only
// as far as its logic asks. Work is paid from the budget (SpendSteps) and ends at the deadline.
// Not thread-safe: scratch memory is kept between calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/signatures/clamav/body_database.h"
#include "libs/signatures/clamav/part_match.h"
#include "libs/signatures/clamav/regex.h"
#include "libs/signatures/clamav/work.h"

namespace day::signatures::clamav {

// What offsets and conditions ask of a program: PE, ELF or Mach-O.
struct ProgramFacts {
  struct Section {
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;
  };
  bool parsed = false;            // its headers could be read
  std::uint64_t entry_point = 0;  // a file offset
  std::vector<Section> sections;
  std::vector<std::uint64_t> version_strings;  // where their keys start, ascending
};

struct ObjectFacts {
  // Bit n: the object belongs to Target n. Bit 0 for everything.
  std::uint32_t targets = 1;
  // Of what holds the object, outermost first.
  std::span<const ClamType> containers;
  // The type that the object is taken for because a signature asked for it: those that asked are
  // then found.
  std::optional<ClamType> handled;
  // Called at most once for each object; may be empty.
  std::function<ProgramFacts()> program;
  // Whether the program has an icon like one of these groups; may be empty: it has none.
  std::function<bool(std::string_view, std::string_view)> icon;
  // The perceptual hash of a picture, or nothing; likewise.
  std::function<std::optional<std::uint64_t>()> image_hash;
};

struct BodyHit {
  std::uint32_t signature = 0;
  std::uint64_t offset = 0;  // of the match that decided; 0 if none did
};

// How it ended: never a verdict. Each flag says that something was not looked at.
struct BodyOutcome {
  bool timed_out = false;
  bool exhausted = false;      // steps of the budget
  bool regex_limited = false;  // PCRE2 gave up, or the object is too large for it
  bool ends_limited = false;   // more than kEndsMax matches of one part
  // Types that signatures want the object to be taken for.
  std::vector<ClamType> handlers;
};

struct Scan;  // scan.h

inline constexpr std::size_t kEndsMax = 1u << 20;

class BodyMatcher {
 public:
  // REQUIRES: `database` outlives the matcher.
  explicit BodyMatcher(const BodyDatabase& database);

  // Appends the signatures that match, each once, in order of definition.
  BodyOutcome Match(base::Bytes data, const ObjectFacts& facts,
                    std::optional<Work::Clock::time_point> deadline, base::Budget& budget,
                    std::vector<BodyHit>& hits);

 private:
  friend class Evaluation;

  void FirstPass(Scan& scan);
  Regex* RegexOf(std::uint32_t subsignature, std::string_view pattern, std::string_view flags);
  void PassGrams(Scan& scan, const BodyDatabase::Grams& grams, std::uint32_t stride);
  void PassPairs(Scan& scan);
  void OnGram(Scan& scan, const BodyDatabase::Grams& grams, std::uint32_t bucket,
              std::uint32_t gram, std::uint64_t at);
  void OnPart(Scan& scan, const GramEntryView& entry, std::uint64_t at);
  bool IsNew(std::uint32_t signature) const { return seen_[signature] != epoch_; }

  const BodyDatabase& database_;
  match::Simd simd_;
  PartMatcher parts_;
  std::vector<std::uint32_t> seen_;  // by signature: the epoch in which it needs no more looking
  std::uint32_t epoch_ = 0;
  std::vector<std::uint32_t> positions_;
  std::vector<std::uint64_t> ends_;
  // Compiled when first needed; nothing: PCRE2 refuses it.
  std::unordered_map<std::uint32_t, std::optional<Regex>> regexes_;
};

}  // namespace day::signatures::clamav
