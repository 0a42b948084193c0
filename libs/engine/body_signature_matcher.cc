#include "libs/engine/body_signature_matcher.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "libs/engine/naming.h"
#include "libs/engine/program_facts.h"
#include "libs/formats/image/image.h"
#include "libs/similarity/image_hash.h"

namespace day::engine {
namespace {

namespace clamav = signatures::clamav;

std::optional<clamav::Work::Clock::time_point> DeadlineOf(const MatchLimits& limits) {
  if (limits.timeout_ms == 0) {
    return std::nullopt;
  }
  return clamav::Work::Clock::now() + std::chrono::milliseconds(limits.timeout_ms);
}

void Merge(const clamav::BodyOutcome& from, clamav::BodyOutcome* into) {
  into->timed_out = into->timed_out || from.timed_out;
  into->exhausted = into->exhausted || from.exhausted;
  into->regex_limited = into->regex_limited || from.regex_limited;
  into->ends_limited = into->ends_limited || from.ends_limited;
}

// Bit n: Target n. Pages are matched against signatures for HTML only as normalised copies.
std::uint32_t TargetsOf(const FileKind& kind, Origin origin) {
  constexpr std::uint32_t kAny = 1u << 0;
  constexpr std::uint32_t kHtml = 1u << 3;
  constexpr std::uint32_t kText = 1u << 7;
  switch (origin) {
    case Origin::kNormalisedHtml:
      return kAny | kHtml;
    case Origin::kNormalisedScript:
      return kAny | kHtml | kText;
    case Origin::kNormalisedText:
      return kAny | kText;
    default:
      return (kAny | 1u << clamav::TargetOfType(kind.clam) |
              1u << clamav::TargetOfType(kind.also_clam)) &
             ~kHtml;
  }
}

std::optional<std::uint64_t> ImageHashOf(base::Bytes data) {
  const auto image = formats::image::Decode(data);
  return image.ok() ? std::optional(similarity::ImageHash(image->width, image->height, image->rgb))
                    : std::nullopt;
}

}  // namespace

Finding BodySignatureMatcher::MakeFinding(const clamav::BodyHit& hit) const {
  const clamav::SignatureView signature = database_.signature(hit.signature);
  Finding finding;
  finding.source = Finding::Source::kSignature;
  finding.name = std::string(signature.name);
  finding.rule = finding.name;
  finding.provenance =
      std::string(database_.file_name(signature.file)) + ":" + std::to_string(signature.line);
  finding.severity = SignatureSeverity(finding.name);
  return finding;
}

BodySignatureMatcher::Outcome BodySignatureMatcher::Match(
    base::Bytes data, const FileKind& kind, Origin origin,
    std::span<const clamav::ClamType> containers, const MatchLimits& limits, base::Budget& budget,
    std::vector<Finding>& findings) {
  clamav::ObjectFacts facts;
  facts.containers = containers;
  facts.targets = TargetsOf(kind, origin);
  facts.program = [&] { return ReadProgramFacts(data, kind.type); };
  std::optional<std::vector<similarity::IconMetrics>> icons;  // measured when first asked for
  facts.icon = [&](std::string_view group1, std::string_view group2) {
    if (icons_ == nullptr || icons_->empty() || kind.type != FileType::kPe) {
      return false;
    }
    if (!icons) {
      icons = MeasureIcons(data);
    }
    return std::any_of(icons->begin(), icons->end(), [&](const similarity::IconMetrics& one) {
      return icons_->Knows(one, group1, group2);
    });
  };
  facts.image_hash = [&] { return ImageHashOf(data); };
  std::vector<clamav::BodyHit> hits;
  const auto deadline = DeadlineOf(limits);
  clamav::BodyOutcome outcome = matcher_.Match(data, facts, deadline, budget, hits);
  std::vector<clamav::ClamType> handlers = outcome.handlers;
  std::sort(handlers.begin(), handlers.end());
  handlers.erase(std::unique(handlers.begin(), handlers.end()), handlers.end());
  for (const clamav::ClamType handler : handlers) {
    facts.handled = handler;
    facts.targets = 1u | 1u << clamav::TargetOfType(handler);
    Merge(matcher_.Match(data, facts, deadline, budget, hits), &outcome);
  }
  if (!handlers.empty()) {
    const auto by_signature = [](const auto& a, const auto& b) {
      return a.signature < b.signature;
    };
    const auto same = [](const auto& a, const auto& b) { return a.signature == b.signature; };
    std::stable_sort(hits.begin(), hits.end(), by_signature);
    hits.erase(std::unique(hits.begin(), hits.end(), same), hits.end());
  }
  Outcome result;
  result.handlers = std::move(handlers);
  std::vector<std::string_view>& gaps = result.gaps;
  const auto gap = [&](bool holds, std::string_view reason) {
    if (holds) {
      gaps.push_back(reason);
    }
  };
  gap(outcome.timed_out, "timeout");
  gap(outcome.exhausted, "limit steps_max");
  gap(outcome.regex_limited && !outcome.timed_out && !outcome.exhausted, "limit pcre_match_limit");
  gap(outcome.ends_limited, "limit part_matches_max");
  gap(hits.size() > limits.findings_max, "limit findings_max");
  hits.resize(std::min<std::size_t>(hits.size(), limits.findings_max));
  for (const clamav::BodyHit& hit : hits) {
    findings.push_back(MakeFinding(hit));
  }
  return result;
}

}  // namespace day::engine
