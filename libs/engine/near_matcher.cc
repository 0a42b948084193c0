#include "libs/engine/near_matcher.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "libs/base/lines.h"
#include "libs/engine/naming.h"

namespace day::engine {
namespace {

using similarity::CtphDigest;
using similarity::TlshDigest;

// Takes a number and the blank behind it.
template <typename T>
bool TakeNumber(std::string_view* line, T* value) {
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), *value);
  const auto size = static_cast<std::size_t>(end - line->data());
  if (error != std::errc() || size == line->size() || *end != ' ') {
    return false;
  }
  line->remove_prefix(size + 1);
  return true;
}

}  // namespace

NearMatcher::NearMatcher(const signatures::Database& database) : database_(database) {
  std::string_view lines = database.near_lines();
  while (!lines.empty()) {
    AddLine(base::TakeLine(&lines));
  }
  std::stable_sort(tlsh_.begin(), tlsh_.end(), [](const TlshEntry& a, const TlshEntry& b) {
    return a.digest.length_class < b.digest.length_class;
  });
  std::stable_sort(ctph_.begin(), ctph_.end(), [](const CtphEntry& a, const CtphEntry& b) {
    return a.digest.block_size < b.digest.block_size;
  });
}

void NearMatcher::AddLine(std::string_view line) {
  signatures::SignatureId id;
  unsigned limit = 0;
  if (!TakeNumber(&line, &id.ordinal) || !TakeNumber(&line, &limit)) {
    return;
  }
  if (const auto tlsh = similarity::ParseTlsh(line)) {
    tlsh_.push_back({*tlsh, limit, id});
  } else if (auto ctph = similarity::ParseCtph(line)) {
    ctph_.push_back({*std::move(ctph), limit, id});
  }
}

bool NearMatcher::Match(base::Bytes data, std::vector<Finding>& findings) const {
  if (data.size() > kNearBytesMax) {
    return empty();
  }
  MatchTlsh(data, findings);
  MatchCtph(data, findings);
  return true;
}

void NearMatcher::MatchTlsh(base::Bytes data, std::vector<Finding>& findings) const {
  if (tlsh_.empty()) {
    return;
  }
  const auto digest = similarity::TlshOf(data);
  if (!digest) {
    return;
  }
  const TlshEntry* nearest = nullptr;
  unsigned distance = 0;
  for (const TlshEntry& entry : tlsh_) {
    const unsigned other = similarity::TlshDistance(*digest, entry.digest);
    if (other <= entry.distance_max && (nearest == nullptr || other < distance)) {
      nearest = &entry;
      distance = other;
    }
  }
  if (nearest != nullptr) {
    findings.push_back(MakeFinding(nearest->id, "TLSH distance " + std::to_string(distance),
                                   similarity::TlshText(*digest)));
  }
}

void NearMatcher::MatchCtph(base::Bytes data, std::vector<Finding>& findings) const {
  if (ctph_.empty() || data.empty()) {
    return;
  }
  const CtphDigest digest = similarity::CtphOf(data);
  const CtphEntry* nearest = nullptr;
  unsigned score = 0;
  const auto before = [](const CtphEntry& entry, std::uint64_t block_size) {
    return entry.digest.block_size < block_size;
  };
  // Only equal block sizes, halves and doubles have anything in common.
  auto entry = std::lower_bound(ctph_.begin(), ctph_.end(), digest.block_size / 2, before);
  for (; entry != ctph_.end() && entry->digest.block_size <= digest.block_size * 2; ++entry) {
    const unsigned other = similarity::CtphScore(digest, entry->digest);
    if (other >= std::max(1u, entry->score_min) && other > score) {
      nearest = &*entry;
      score = other;
    }
  }
  if (nearest != nullptr) {
    findings.push_back(MakeFinding(nearest->id, "ssdeep score " + std::to_string(score),
                                   similarity::CtphText(digest)));
  }
}

Finding NearMatcher::MakeFinding(signatures::SignatureId id, std::string how_near,
                                 std::string digest) const {
  const signatures::Description signature = database_.Describe(id);
  Finding finding;
  finding.source = Finding::Source::kNear;
  finding.name = signature.name;
  finding.rule = signature.name;
  finding.provenance = signature.file + ":" + std::to_string(signature.line);
  finding.severity = SignatureSeverity(signature.name);
  StringMatch& match = finding.matches.emplace_back();
  match.identifier = std::move(how_near);
  match.data = std::move(digest);
  return finding;
}

}  // namespace day::engine
