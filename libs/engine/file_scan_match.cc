// FileScan: one object against everything that may know it.
#include <algorithm>
#include <chrono>

#include "libs/engine/engine_state.h"
#include "libs/engine/file_scan.h"
#include "libs/engine/list_facts.h"
#include "libs/engine/naming.h"
#include "libs/unpack/mail/password_words.h"

namespace day::engine {
namespace {

std::string_view ExtensionOf(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : file_name.substr(dot);
}

}  // namespace

MatchLimits FileScan::LimitsOfObject() const {
  MatchLimits limits;
  limits.matches_per_finding_max = state_.options.matches_per_finding_max;
  limits.findings_max = static_cast<std::uint32_t>(
      state_.options.findings_max -
      std::min<std::size_t>(state_.options.findings_max, report_.findings.size()));
  if (deadline_ms_) {
    const std::uint64_t now = Now();
    limits.timeout_ms = *deadline_ms_ > now ? *deadline_ms_ - now : 1;
  }
  return limits;
}

// Whether rules about certificates vouch for it; then nobody else is asked. What they say against
// it is a finding all the same.
bool FileScan::IsTrustedProgram(base::Bytes data, FileType type, const std::string& inner_path) {
  if (state_.certificates == nullptr || type != FileType::kPe) {
    return false;
  }
  const std::size_t first = report_.findings.size();
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  const bool is_trusted = state_.certificates->Match(data, now, report_.findings);
  report_.findings.resize(
      std::min<std::size_t>(report_.findings.size(), state_.options.findings_max));
  if (report_.findings.size() > first) {
    JudgeFindings(first, data, inner_path);
  }
  return is_trusted;
}

void FileScan::MatchHashes(base::Bytes data, std::string_view inner_path) {
  const std::size_t first = report_.findings.size();
  if (state_.hashes != nullptr && !state_.hashes->Match(data, report_.findings)) {
    AddGap(inner_path, LimitReason("section_bytes_max"));
  }
  // A known file needs nobody to say what it is like.
  const bool is_known = report_.findings.size() > first;
  if (state_.near != nullptr && !is_known && !state_.near->Match(data, report_.findings)) {
    AddGap(inner_path, LimitReason("near_bytes_max"));
  }
}

// Signatures on what the container says of a file in it.
void FileScan::MatchMetadata(const Frame& frame, const Item& item, const std::string& inner_path) {
  // Names in parentheses are ours: nothing in the container has them.
  if (state_.metadata == nullptr || IsCopy(item.origin) || item.name.starts_with("(")) {
    return;
  }
  signatures::metadata::ContainedFile file;
  file.container = frame.clam;
  file.container_size = frame.data.size();
  file.name = item.name;
  file.real_size = item.facts ? item.facts->real_bytes : item.content.size();
  file.compressed_size = item.facts ? item.facts->compressed_bytes : item.content.size();
  file.is_encrypted = item.is_encrypted || item.gap.starts_with("encrypted");
  file.position = item.facts ? item.facts->position : frame.position;
  file.crc32 = item.facts ? item.facts->crc32 : std::nullopt;
  const std::size_t first = report_.findings.size();
  for (const signatures::metadata::MetadataHit& hit : state_.metadata->Match(file)) {
    if (report_.findings.size() >= state_.options.findings_max) {
      break;
    }
    Finding& finding = report_.findings.emplace_back();
    finding.source = Finding::Source::kSignature;
    finding.name = hit.signature->name;
    finding.rule = finding.name;
    finding.provenance = hit.provenance;
    finding.severity = SignatureSeverity(finding.name);
  }
  if (report_.findings.size() > first) {
    JudgeFindings(first, item.content, inner_path);
  }
}

// For encrypted archives that come behind, in the same mail as a rule. Most mails have none, so the
// text is only kept. If there is much, the last ones are.
void FileScan::KeepForPasswords(base::Bytes data) {
  constexpr std::size_t kKeptBytesMax = 4 * unpack::mail::kTextBytesMax;
  kept_texts_.emplace_back(base::AsText(data).substr(0, unpack::mail::kTextBytesMax));
  kept_bytes_ += kept_texts_.back().size();
  while (kept_bytes_ > kKeptBytesMax) {
    kept_bytes_ -= kept_texts_.front().size();
    kept_texts_.pop_front();
  }
}

// Before anything is opened that may ask for one.
void FileScan::ReadPasswords() {
  const std::size_t known = told_passwords_.size();
  for (const std::string& text : kept_texts_) {
    unpack::mail::AddPasswords(text, told_passwords_);
  }
  kept_texts_.clear();
  kept_bytes_ = 0;
  for (auto* passwords : {&zip_passwords_, &rar_passwords_}) {
    passwords->insert(passwords->end(),
                      told_passwords_.begin() + static_cast<std::ptrdiff_t>(known),
                      told_passwords_.end());
  }
}

// Links are judged in mails: pages of other origin say what they want.
void FileScan::MatchLinks(base::Bytes data, FileType type, Origin origin,
                          std::string_view inner_path) {
  if (state_.links == nullptr || origin != Origin::kMailPart || !IsText(type)) {
    return;
  }
  const std::string gap = state_.links->Match(data, budget_, report_.findings);
  if (!gap.empty()) {
    AddGap(inner_path, gap);
  }
}

// Returns what signatures want the object to be opened as.
std::vector<signatures::clamav::ClamType> FileScan::MatchBodies(base::Bytes data,
                                                                const FileKind& kind, Origin origin,
                                                                std::string_view inner_path) {
  if (state_.bodies == nullptr) {
    return {};
  }
  // An object may be open in several ways at once: it contains the rest once. A copy is in what its
  // original is in.
  std::vector<signatures::clamav::ClamType> containers;
  const std::byte* before = nullptr;
  const base::Bytes original = IsCopy(origin) ? stack_.back().data : base::Bytes();
  for (const Frame& frame : stack_) {
    if (frame.data.data() != before && frame.data.data() != original.data()) {
      containers.push_back(frame.clam);
      before = frame.data.data();
    }
  }
  BodySignatureMatcher::Outcome outcome = state_.bodies->Match(
      data, kind, origin, containers, LimitsOfObject(), budget_, report_.findings);
  for (const std::string_view reason : outcome.gaps) {
    AddGap(inner_path, reason);
  }
  return std::move(outcome.handlers);
}

void FileScan::MatchRules(base::Bytes data, FileType type, std::string_view path,
                          std::string_view inner_path) {
  if (state_.matcher == nullptr) {
    return;
  }
  ObjectFacts facts;
  facts.filepath = path;
  facts.filename = BaseName(path);
  facts.extension = ExtensionOf(facts.filename);
  facts.filetype = FileTypeExternal(type);
  facts.owner = owner_;
  const std::size_t first = report_.findings.size();
  const MatchOutcome outcome =
      state_.matcher->Match(data, facts, LimitsOfObject(), report_.findings);
  if (!state_.ignored_rules.empty()) {
    const auto is_ignored = [&](const Finding& finding) {
      return finding.name_space.starts_with(kClamavNamespace) &&
             state_.ignored_rules.count(finding.rule) > 0;
    };
    const auto begin = report_.findings.begin() + static_cast<std::ptrdiff_t>(first);
    report_.findings.erase(std::remove_if(begin, report_.findings.end(), is_ignored),
                           report_.findings.end());
  }
  if (outcome.timed_out) {
    AddGap(inner_path, kTimeoutReason);
  }
  if (outcome.findings_dropped) {
    AddGap(inner_path, LimitReason("findings_max"));
  }
}

}  // namespace day::engine
