#include "libs/signatures/clamav/matcher.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "libs/signatures/clamav/evaluation.h"
#include "libs/signatures/clamav/scan.h"

namespace day::signatures::clamav {
namespace {

// Steps for one block of the first pass.
constexpr std::uint64_t kStepsPerBlock = match::kGramBlock / 64;

const std::uint8_t* Pointer(base::Bytes data) {
  return reinterpret_cast<const std::uint8_t*>(data.data());
}

// The four bytes at `at`, as far as they are inside; others are zero and, by the mask, not asked
// for by a match inside the data.
bool CheckFits(base::Bytes data, const GramEntryView& entry, std::uint64_t at) {
  if (entry.mask == 0) {
    return true;
  }
  const std::int64_t place = static_cast<std::int64_t>(at) + entry.check;
  const auto size = static_cast<std::int64_t>(data.size());
  if (place >= 0 && place + 4 <= size) {
    std::uint32_t found = 0;
    std::memcpy(&found, data.data() + place, sizeof(found));
    return (found & entry.mask) == entry.value;
  }
  std::uint32_t found = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    if (place + i >= 0 && place + i < size) {
      found |= std::to_integer<std::uint32_t>(data[static_cast<std::size_t>(place + i)]) << (8 * i);
    }
  }
  return (found & entry.mask) == entry.value;
}

}  // namespace

BodyMatcher::BodyMatcher(const BodyDatabase& database)
    : database_(database),
      simd_(match::BestSimd()),
      seen_(database.signature_count()),
      positions_(match::kGramBlock + 64) {}

void BodyMatcher::OnPart(Scan& scan, const GramEntryView& entry, std::uint64_t at) {
  if (at < entry.back || entry.part >= database_.part_count()) {
    return;
  }
  const PartView part = database_.part(entry.part);
  const PatternView pattern = database_.pattern(part.pattern);
  if (pattern.signature != entry.signature) {
    return;
  }
  const SignatureView signature = database_.signature(pattern.signature);
  if (!scan.IsTarget(signature.target)) {
    seen_[pattern.signature] = epoch_;
    return;
  }
  std::optional<Place> place = Place{0, scan.data.size()};
  if (pattern.parts_count == 1) {
    place = scan.PlaceFor(pattern.offset, signature.target);
    if (!place) {
      return;
    }
  }
  const std::uint64_t last = at - entry.back;
  for (std::uint64_t start = last - std::min<std::uint64_t>(last, entry.slack);
       start <= last && scan.work.Spend(2); ++start) {
    if (start < place->first || start > place->last ||
        !parts_.EndsAt(part, scan.data, start, scan.work, ends_)) {
      continue;
    }
    if (pattern.offset.kind == Offset::Kind::kVersionStrings && pattern.parts_count == 1) {
      const auto& keys = scan.program().version_strings;
      if (!std::binary_search(keys.begin(), keys.end(), start)) {
        continue;
      }
    }
    seen_[pattern.signature] = epoch_;
    if (signature.is_simple) {
      scan.hits.push_back({pattern.signature, start});
    } else {
      scan.candidates.push_back(pattern.signature);
    }
    return;
  }
}

void BodyMatcher::OnGram(Scan& scan, const BodyDatabase::Grams& grams, std::uint32_t bucket,
                         std::uint32_t gram, std::uint64_t at) {
  const auto [first, end] = BodyDatabase::Bucket(grams, bucket);
  for (std::uint32_t i = first; i < end; ++i) {
    const GramEntryView entry = BodyDatabase::Entry(grams, i);
    if (entry.gram == gram && entry.signature < seen_.size() && IsNew(entry.signature) &&
        CheckFits(scan.data, entry, at)) {
      OnPart(scan, entry, at);
    }
    if (!scan.work.Spend(1)) {
      return;
    }
  }
}

void BodyMatcher::PassGrams(Scan& scan, const BodyDatabase::Grams& grams, std::uint32_t stride) {
  if (grams.bitmap.words == nullptr || scan.data.size() < 4) {
    return;
  }
  const std::uint8_t* const data = Pointer(scan.data);
  const std::size_t end = scan.data.size() - 3;
  for (std::size_t begin = 0; begin < end; begin += match::kGramBlock) {
    const std::size_t block_end = std::min(end, begin + match::kGramBlock);
    const std::size_t found =
        match::FindGrams(simd_, data, begin, block_end, stride, grams.bitmap, positions_.data());
    for (std::size_t i = 0; i < found; ++i) {
      const std::size_t at = begin + positions_[i];
      const std::uint32_t gram = match::LoadGram(data + at);
      OnGram(scan, grams, match::GramHash(gram, grams.starts_bits), gram, at);
    }
    if (!scan.work.Spend(kStepsPerBlock)) {
      return;
    }
  }
}

void BodyMatcher::PassPairs(Scan& scan) {
  const BodyDatabase::Grams& pairs = database_.shorts();
  if (pairs.starts_bits == 0 || scan.data.size() < 2) {
    return;
  }
  const std::size_t end = scan.data.size() - 1;
  std::array<std::uint8_t, match::kGramBlock + match::kShortReach> padded;
  for (std::size_t begin = 0; begin < end; begin += match::kGramBlock) {
    const std::size_t count = std::min(end - begin, match::kGramBlock);
    const std::uint8_t* at = Pointer(scan.data) + begin;
    const std::size_t rest = scan.data.size() - begin;
    const bool is_end = rest < count + match::kShortReach;
    if (is_end) {
      padded.fill(0);
      std::memcpy(padded.data(), at, rest);
      at = padded.data();
    }
    const std::size_t found =
        match::FindShort(simd_, at, count, database_.short_tables(), positions_.data());
    for (std::size_t i = 0; i < found; ++i) {
      const std::size_t place = positions_[i] >> 8;
      const std::uint32_t pair = at[place] | std::uint32_t{at[place + 1]} << 8;
      OnGram(scan, pairs, pair, pair, begin + place);
    }
    if (!scan.work.Spend(kStepsPerBlock)) {
      return;
    }
  }
}

void BodyMatcher::FirstPass(Scan& scan) {
  PassGrams(scan, database_.sampled(), 4);
  PassGrams(scan, database_.dense(), 1);
  PassPairs(scan);
}

Regex* BodyMatcher::RegexOf(std::uint32_t subsignature, std::string_view pattern,
                            std::string_view flags) {
  const auto [it, is_new] = regexes_.try_emplace(subsignature);
  if (is_new) {
    base::Result<Regex> regex = Regex::Compile(pattern, flags);
    if (regex.ok()) {
      it->second = std::move(regex).value();
    }
  }
  return it->second ? &*it->second : nullptr;
}

BodyOutcome BodyMatcher::Match(base::Bytes data, const ObjectFacts& facts,
                               std::optional<Work::Clock::time_point> deadline,
                               base::Budget& budget, std::vector<BodyHit>& hits) {
  if (++epoch_ == 0) {
    std::fill(seen_.begin(), seen_.end(), 0);
    epoch_ = 1;
  }
  Scan scan{data, facts, Work(budget, deadline), {}, {}, {}, {}};
  if ((database_.targets() & facts.targets) != 0) {
    FirstPass(scan);
    for (std::uint32_t i = 0; i < database_.always_count() && scan.work.Spend(1); ++i) {
      scan.candidates.push_back(database_.always(i));
    }
  }
  for (const std::uint32_t candidate : scan.candidates) {
    if (candidate >= database_.signature_count() ||
        !scan.IsTarget(database_.signature(candidate).target)) {
      continue;
    }
    Evaluation evaluation(*this, scan, candidate);
    if (!evaluation.IsTrue()) {
      continue;
    }
    const std::optional<ClamType> handler = evaluation.conditions().handler;
    if (handler && handler != facts.handled) {
      scan.outcome.handlers.push_back(*handler);
    } else {
      scan.hits.push_back({candidate, evaluation.offset()});
    }
  }
  std::sort(scan.hits.begin(), scan.hits.end(),
            [](const BodyHit& a, const BodyHit& b) { return a.signature < b.signature; });
  hits.insert(hits.end(), scan.hits.begin(), scan.hits.end());
  scan.outcome.timed_out = scan.work.timed_out();
  scan.outcome.exhausted = scan.work.exhausted();
  return std::move(scan.outcome);
}

}  // namespace day::signatures::clamav
