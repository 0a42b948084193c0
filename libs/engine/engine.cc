// One walk over a file, whose steps share its state: that is why it is over 600 lines.
#include "libs/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/crypto/hash.h"
#include "libs/engine/body_signature_matcher.h"
#include "libs/engine/certificate_matcher.h"
#include "libs/engine/clam_type.h"
#include "libs/engine/descend/containers.h"
#include "libs/engine/descend/content.h"
#include "libs/engine/descend/identify.h"
#include "libs/engine/file_kind.h"
#include "libs/engine/hash_matcher.h"
#include "libs/engine/link_matcher.h"
#include "libs/engine/list_facts.h"
#include "libs/engine/naming.h"
#include "libs/engine/near_matcher.h"
#include "libs/engine/rule_matcher.h"
#include "libs/signatures/clamav/body_database.h"
#include "libs/signatures/database.h"
#include "libs/signatures/filetypes/filetype_table.h"
#include "libs/signatures/metadata/metadata_matcher.h"
#include "libs/unpack/mail/password_words.h"

namespace day::engine {
namespace {

constexpr std::string_view kSeparator = "//";
constexpr std::string_view kUnnamed = "(unnamed)";
// A longer name of one object is cut in paths.
constexpr std::size_t kNameBytesMax = 1024;
constexpr std::string_view kTimeout = "timeout";
// Containers in one file before it is remembered what was opened.
constexpr std::uint64_t kOpenedUnremembered = 1000;

std::uint64_t SystemNowMs() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

// Limits of the whole file: once one is reached there is no use in opening anything further. The
// others end one object only.
bool EndsTheFile(std::string_view gap) {
  for (const base::Limit limit :
       {base::Limit::kBytesOut, base::Limit::kFiles, base::Limit::kSteps}) {
    if (gap == LimitReason(limit)) {
      return true;
    }
  }
  return gap == kTimeout;
}

std::string_view ExtensionOf(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : file_name.substr(dot);
}

// Copies are made only for signatures that can match them: pages are matched against those for any
// file too, texts have been matched against those as they are.
Wanted WantedBy(const signatures::clamav::BodyDatabase& body) {
  constexpr std::uint32_t kAny = 1u << 0;
  constexpr std::uint32_t kHtml = 1u << 3;
  constexpr std::uint32_t kText = 1u << 7;
  Wanted wanted;
  wanted.html_copies = (body.targets() & (kAny | kHtml | kText)) != 0;
  wanted.text_copies = (body.targets() & kText) != 0;
  return wanted;
}

// A container that is being walked, with the bytes it was opened on.
struct Frame {
  std::unique_ptr<Container> container;
  base::Bytes data;
  std::string inner_path;  // of the container
  FileType type;
  std::uint64_t object = 0;  // which object of the file it opens, as many were scanned before
  signatures::clamav::ClamType clam;
  std::uint32_t position = 0;   // of the object that was taken out last, from 1
  std::optional<bool> allowed;  // whether .fp or .sfp lists it: asked when first needed
};

}  // namespace

struct Engine::State {
  std::unique_ptr<ObjectMatcher> matcher;
  std::unique_ptr<HashMatcher> hashes;
  std::unique_ptr<NearMatcher> near;
  std::unique_ptr<signatures::icons::IconTable> icons;
  std::unique_ptr<LinkMatcher> links;
  std::unique_ptr<BodySignatureMatcher> bodies;
  Wanted wanted;  // copies that body signatures look at
  std::unique_ptr<signatures::metadata::MetadataMatcher> metadata;
  std::unique_ptr<signatures::filetypes::FileTypeTable> file_types;
  std::unique_ptr<CertificateMatcher> certificates;
  std::vector<std::string> zip_passwords;
  std::set<std::string, std::less<>> ignored_rules;  // rules of the database that are left out
  EngineOptions options;
  unpack::inflate::Inflater inflater;
  // buffers[i] holds what frame i decoded; kept between files.
  std::vector<unpack::inflate::OutputBuffer> buffers;
};

namespace {

// One ScanFile().
class FileScan {
 public:
  FileScan(Engine::State& state, base::Bytes data, std::string_view name,
           const base::BudgetLimits& limits, std::string_view owner)
      : state_(state), data_(data), name_(name), owner_(owner), budget_(limits) {
    // Never moved: containers keep a view of it.
    passwords_.reserve(state_.zip_passwords.size() + unpack::mail::kCandidatesMax);
    passwords_ = state_.zip_passwords;
    if (state_.options.timeout_ms != 0) {
      deadline_ms_ = Now() + state_.options.timeout_ms;
    }
  }

  Report Run() {
    ScanObject(data_, {});
    while (!stack_.empty()) {
      Step();
    }
    OrderFindings(state_.options.heuristics, report_.findings);
    report_.verdict = report_.findings.empty() ? Verdict::kNothingFound : Verdict::kFound;
    report_.completeness = report_.gaps.empty() ? Completeness::kComplete : Completeness::kPartial;
    return std::move(report_);
  }

 private:
  std::uint64_t Now() const {
    return state_.options.now_ms ? state_.options.now_ms() : SystemNowMs();
  }
  bool TimedOut() const { return deadline_ms_ && Now() >= *deadline_ms_; }

  void AddGap(std::string_view inner_path, std::string_view reason) {
    const std::size_t gaps_max = state_.options.gaps_max;
    if (report_.gaps.size() < gaps_max) {
      report_.gaps.push_back({std::string(inner_path), std::string(reason)});
    } else if (gaps_max > 0) {
      report_.gaps.back() = {std::string(), LimitReason("gaps_max")};
    }
    Alert(reason, inner_path);
  }

  // Makes a finding of a gap if somebody wants it: once for each container, which may have
  // thousands of such entries.
  void Alert(std::string_view reason, std::string_view inner_path) {
    const FileType type = stack_.empty() ? FileType::kUnknown : stack_.back().type;
    AddAlert(AlertOfGap(reason, type, state_.options.heuristics), inner_path);
  }

  // The same of how the innermost container itself is made.
  void AlertOfContainer() {
    const Frame& frame = stack_.back();
    const std::string_view name = frame.container->alert();
    if (IsWanted(name, state_.options.heuristics)) {
      AddAlert(name, frame.inner_path);
    }
  }

  void AddAlert(std::string_view name, std::string_view inner_path) {
    if (name.empty()) {
      return;
    }
    const std::string_view container =
        stack_.empty() ? std::string_view() : std::string_view(stack_.back().inner_path);
    const bool is_known =
        std::any_of(report_.findings.begin(), report_.findings.end(), [&](const Finding& finding) {
          return finding.source == Finding::Source::kHeuristic && finding.name == name &&
                 std::string_view(finding.inner_path).starts_with(container);
        });
    const base::Bytes object = stack_.empty() ? data_ : stack_.back().data;
    if (is_known || (state_.hashes != nullptr && IsAllowed(object))) {
      return;
    }
    if (report_.findings.size() < state_.options.findings_max) {
      report_.findings.push_back(MakeAlert(name));
      report_.findings.back().inner_path = inner_path;
    }
  }

  void Step();
  void Unwind(std::string_view reason);
  void ScanObject(base::Bytes data, const std::string& inner_path, Origin origin = Origin::kOther);
  MatchLimits LimitsOfObject() const;
  void MatchRules(base::Bytes data, FileType type, std::string_view path,
                  std::string_view inner_path);
  bool IsTrustedProgram(base::Bytes data, FileType type, const std::string& inner_path);
  void MatchHashes(base::Bytes data, std::string_view inner_path);
  void MatchMetadata(const Frame& frame, const Item& item, const std::string& inner_path);
  void CollectPasswords(base::Bytes data);
  void MatchLinks(base::Bytes data, FileType type, Origin origin, std::string_view inner_path);
  void ScanCopy(base::Bytes data, const std::string& inner_path, Origin origin);
  std::vector<signatures::clamav::ClamType> MatchBodies(base::Bytes data, const FileKind& kind,
                                                        Origin origin, std::string_view inner_path);
  void JudgeFindings(std::size_t first, base::Bytes data, const std::string& inner_path);
  bool IsAllowed(base::Bytes data);
  bool IsRepeated(const Item& item, std::uint64_t object);
  bool WasOpened(base::Bytes data, FileType type, Origin origin);
  void Descend(base::Bytes data, const FileKind& kind, std::string_view path,
               const std::string& inner_path, Origin origin);

  Engine::State& state_;
  base::Bytes data_;
  std::string_view name_;
  std::string_view owner_;
  base::Budget budget_;
  std::optional<std::uint64_t> deadline_ms_;
  Report report_;
  std::vector<std::string> passwords_;       // of the database, and of mails' texts
  std::vector<std::string> told_passwords_;  // of mails' texts
  std::vector<Frame> stack_;
  std::set<std::pair<std::uint64_t, crypto::Sha256Digest>> decoded_;  // by object
  std::uint64_t opened_count_ = 0;
  // The least depth at which bytes were opened, by what they are and lie in; see WasOpened().
  using Opened = std::tuple<crypto::Sha256Digest, FileType, FileType, Origin>;
  std::map<Opened, std::uint32_t> opened_;
};

// Takes one object out of the innermost container.
void FileScan::Step() {
  if (TimedOut()) {
    Unwind(kTimeout);
    return;
  }
  const std::size_t level = stack_.size() - 1;
  if (state_.buffers.size() <= level) {
    state_.buffers.resize(level + 1);
  }
  Frame& frame = stack_.back();
  std::optional<Item> item = frame.container->Next(budget_, state_.inflater, state_.buffers[level]);
  if (!item) {
    AlertOfContainer();
    if (!frame.container->problem().empty()) {
      AddGap(frame.inner_path, frame.container->problem());
    }
    stack_.pop_back();
    budget_.Leave();
    return;
  }
  if (!budget_.SpendFile().ok()) {
    Unwind(LimitReason(base::Limit::kFiles));
    return;
  }
  const std::string_view name = item->name.empty() ? kUnnamed : std::string_view(item->name);
  std::string inner_path = frame.inner_path;
  if (!inner_path.empty()) {
    inner_path += kSeparator;
  }
  inner_path += name.substr(0, kNameBytesMax);
  ++frame.position;
  MatchMetadata(frame, *item, inner_path);
  if (item->facts && item->facts->is_encrypted) {
    Alert("encrypted", inner_path);  // also if a well-known password opened it
  }
  if (!item->gap.empty()) {
    AddGap(inner_path, item->gap);
  }
  if (item->has_content && (IsCopy(item->origin) || item->origin == Origin::kLinks)) {
    ScanCopy(item->content, inner_path, item->origin);
  } else if (item->has_content && !IsRepeated(*item, frame.object)) {
    ScanObject(item->content, inner_path, item->origin);
  }
  if (EndsTheFile(item->gap)) {
    Unwind(item->gap);
  }
}

// What two containers of one text find is looked at once: nested texts would double at each level.
bool FileScan::IsRepeated(const Item& item, std::uint64_t object) {
  return item.may_repeat && !decoded_.emplace(object, crypto::Sha256(item.content)).second;
}

// Gives up: everything that is still open has a gap.
void FileScan::Unwind(std::string_view reason) {
  while (!stack_.empty()) {
    AlertOfContainer();
    AddGap(stack_.back().inner_path, reason);
    stack_.pop_back();
    budget_.Leave();
  }
}

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

void FileScan::ScanObject(base::Bytes data, const std::string& inner_path, Origin origin) {
  ++report_.objects_scanned;
  report_.bytes_scanned += data.size();
  const FileType parent = stack_.empty() ? FileType::kUnknown : stack_.back().type;
  const bool is_partition = parent == FileType::kDisk || parent == FileType::kDmg;
  FileKind kind = KindOf(data, origin, is_partition, state_.file_types.get());
  const FileType type = kind.type;
  std::string path(name_);
  if (!inner_path.empty()) {
    path += kSeparator;
    path += inner_path;
  }
  if (IsTrustedProgram(data, type, inner_path)) {
    return;
  }
  const std::size_t first = report_.findings.size();
  MatchHashes(data, inner_path);
  for (const signatures::clamav::ClamType handler : MatchBodies(data, kind, origin, inner_path)) {
    TakeFor(handler, kind);
  }
  MatchRules(data, type, path, inner_path);
  AlertsOfObject(data, type, parent, origin, state_.options.heuristics, report_.findings);
  MatchLinks(data, type, origin, inner_path);
  if (origin == Origin::kMailPart && IsText(type)) {
    CollectPasswords(data);
  }
  if (report_.findings.size() > first) {
    JudgeFindings(first, data, inner_path);
  }
  Descend(data, kind, path, inner_path, origin);
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
  file.is_encrypted = item.facts ? item.facts->is_encrypted : item.gap == "encrypted";
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

// For encrypted archives that come behind, in the same mail as a rule.
void FileScan::CollectPasswords(base::Bytes data) {
  const std::size_t known = told_passwords_.size();
  unpack::mail::AddPasswords(base::AsText(data), told_passwords_);
  passwords_.insert(passwords_.end(), told_passwords_.begin() + static_cast<std::ptrdiff_t>(known),
                    told_passwords_.end());
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

// A copy is the object it was made of, as body signatures want to see it, or its links, as rules
// want to: no object of its own, and what is found in both is said once.
void FileScan::ScanCopy(base::Bytes data, const std::string& inner_path, Origin origin) {
  const std::size_t first = report_.findings.size();
  if (origin == Origin::kLinks) {
    MatchRules(data, FileType::kText, std::string(name_) + std::string(kSeparator) + inner_path,
               inner_path);
  }
  (void)MatchBodies(data,
                    KindOfCopy(origin == Origin::kLinks ? FileType::kText : stack_.back().type),
                    origin, inner_path);
  if (report_.findings.size() == first) {
    return;
  }
  const std::string& whole = stack_.back().inner_path;
  const std::string copies = whole.empty() ? "(" : whole + std::string(kSeparator) + "(";
  const auto begin = report_.findings.begin();
  const auto begin_new = begin + static_cast<std::ptrdiff_t>(first);
  const auto is_known = [&](const Finding& finding) {
    return std::any_of(begin, begin_new, [&](const Finding& other) {
      return other.source == finding.source && other.rule == finding.rule &&
             (other.inner_path == whole || std::string_view(other.inner_path).starts_with(copies));
    });
  };
  report_.findings.erase(std::remove_if(begin_new, report_.findings.end(), is_known),
                         report_.findings.end());
  if (report_.findings.size() > first) {
    JudgeFindings(first, data, inner_path);
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
    AddGap(inner_path, kTimeout);
  }
  if (outcome.findings_dropped) {
    AddGap(inner_path, LimitReason("findings_max"));
  }
}

// Drops the findings from `first` on if the object or a container around it is allowed; else says
// where they are.
void FileScan::JudgeFindings(std::size_t first, base::Bytes data, const std::string& inner_path) {
  if (state_.hashes != nullptr && IsAllowed(data)) {
    report_.findings.resize(first);
    return;
  }
  const auto is_left_out = [&](const Finding& finding) {
    return IsLeftOut(finding, state_.options.heuristics);
  };
  const auto begin = report_.findings.begin() + static_cast<std::ptrdiff_t>(first);
  report_.findings.erase(std::remove_if(begin, report_.findings.end(), is_left_out),
                         report_.findings.end());
  for (std::size_t i = first; i < report_.findings.size(); ++i) {
    Finding& finding = report_.findings[i];
    finding.inner_path = inner_path;
    const bool is_signature =
        finding.source == Finding::Source::kHash || finding.source == Finding::Source::kSignature;
    if (is_signature && !state_.options.official_signatures &&
        IsUnofficialList(finding.provenance)) {
      finding.name += kUnofficialEnding;
    }
  }
}

bool FileScan::IsAllowed(base::Bytes data) {
  for (Frame& frame : stack_) {
    if (!frame.allowed) {
      frame.allowed = state_.hashes->IsAllowed(frame.data);
    }
    if (*frame.allowed) {
      return true;
    }
  }
  return state_.hashes->IsAllowed(data);
}

// A container that holds itself, or the same one many times in each other, doubles its work at each
// level. What was opened before, as deep or less deep, gives nothing that has not been looked at.
// Only a file of very many containers pays for this.
bool FileScan::WasOpened(base::Bytes data, FileType type, Origin origin) {
  if (++opened_count_ <= kOpenedUnremembered || stack_.empty() ||
      (state_.hashes != nullptr && IsAllowed(data))) {
    return false;
  }
  const auto [place, is_new] = opened_.try_emplace(
      {crypto::Sha256(data), type, stack_.back().type, origin}, budget_.depth());
  if (!is_new && place->second <= budget_.depth()) {
    return true;
  }
  place->second = budget_.depth();
  return false;
}

void FileScan::Descend(base::Bytes data, const FileKind& kind, std::string_view path,
                       const std::string& inner_path, Origin origin) {
  const Subject subject = {data, kind.type, path, origin, state_.wanted, passwords_};
  std::vector<OpenedContainer> containers = OpenContainers(subject, kind.opened_as);
  if (containers.empty() || WasOpened(data, kind.type, origin)) {
    return;
  }
  for (OpenedContainer& opened : containers) {
    if (!budget_.Enter().ok()) {
      AddGap(inner_path, LimitReason(base::Limit::kDepth));
      return;
    }
    const bool is_own = opened.type == kind.type || opened.type == FileTypeOf(kind.clam);
    stack_.push_back({std::move(opened.container), data, inner_path, opened.type,
                      report_.objects_scanned, is_own ? kind.clam : ClamTypeOf(opened.type), 0,
                      std::nullopt});
  }
}

}  // namespace

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

std::unique_ptr<Engine> Engine::Create(const rules::compile::CompiledRules* rules,
                                       const signatures::Database* database,
                                       EngineOptions options) {
  std::unique_ptr<ObjectMatcher> matcher;
  if (rules != nullptr) {
    matcher = std::make_unique<RuleMatcher>(*rules);
  }
  return CreateWithMatcher(std::move(matcher), database, std::move(options));
}

std::unique_ptr<Engine> Engine::CreateWithMatcher(std::unique_ptr<ObjectMatcher> matcher,
                                                  const signatures::Database* database,
                                                  EngineOptions options) {
  std::unique_ptr<Engine> engine(new Engine());
  engine->state_->matcher = std::move(matcher);
  if (database != nullptr && database->count() > 0) {
    engine->state_->hashes = std::make_unique<HashMatcher>(*database);
  }
  if (database != nullptr && !database->near_lines().empty()) {
    engine->state_->near = std::make_unique<NearMatcher>(*database);
  }
  if (database != nullptr) {
    auto metadata = std::make_unique<signatures::metadata::MetadataMatcher>(database->lists());
    engine->state_->metadata = metadata->empty() ? nullptr : std::move(metadata);
    engine->state_->ignored_rules = IgnoredRules(database->lists());
    auto types = std::make_unique<signatures::filetypes::FileTypeTable>(database->lists());
    engine->state_->file_types = types->empty() ? nullptr : std::move(types);
    auto certificates = std::make_unique<CertificateMatcher>(database->lists());
    engine->state_->certificates = certificates->empty() ? nullptr : std::move(certificates);
    engine->state_->zip_passwords = ZipPasswords(database->lists());
  }
  if (options.body != nullptr) {
    engine->state_->icons = std::make_unique<signatures::icons::IconTable>(
        database != nullptr ? database->lists() : std::string_view());
    engine->state_->bodies =
        std::make_unique<BodySignatureMatcher>(*options.body, engine->state_->icons.get());
    engine->state_->wanted = WantedBy(*options.body);
  }
  engine->state_->options = std::move(options);
  const HeuristicOptions& heuristics = engine->state_->options.heuristics;
  engine->state_->wanted.alerts =
      heuristics.deceptive || heuristics.crossing_partitions || heuristics.exceeded_limits;
  engine->state_->links =
      LinkMatcher::Create(database != nullptr ? database->lists() : std::string_view(),
                          engine->state_->options.heuristics);
  return engine;
}

Report Engine::ScanFile(base::Bytes data, std::string_view name, const base::BudgetLimits& limits,
                        std::string_view owner) {
  Report report = FileScan(*state_, data, name, limits, owner).Run();
  std::uint64_t kept = 0;
  for (unpack::inflate::OutputBuffer& buffer : state_->buffers) {
    kept += buffer.capacity();
    if (kept > state_->options.arena_keep_bytes_max) {
      kept -= buffer.capacity();
      buffer.Release();
    }
  }
  return report;
}

}  // namespace day::engine
