#include "libs/engine/file_scan.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "libs/engine/clam_type.h"
#include "libs/engine/descend/containers.h"
#include "libs/engine/descend/openers.h"
#include "libs/engine/engine_state.h"
#include "libs/engine/heuristics.h"
#include "libs/engine/naming.h"
#include "libs/unpack/mail/password_words.h"

namespace day::engine {
namespace {

constexpr std::string_view kUnnamed = "(unnamed)";
// A longer name of one object is cut in paths.
constexpr std::size_t kNameBytesMax = 1024;
// Containers in one file before it is remembered what was opened.
constexpr std::uint64_t kOpenedUnremembered = 1000;
// How the reasons of such gaps begin.
constexpr std::string_view kDamaged = "damaged";

std::uint64_t SystemNowMs() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

bool LiesIn(base::Bytes inner, base::Bytes outer) {
  const std::less_equal<const std::byte*> is_at_most;
  return is_at_most(outer.data(), inner.data()) &&
         is_at_most(inner.data() + inner.size(), outer.data() + outer.size());
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
  return gap == kTimeoutReason;
}

}  // namespace

FileScan::FileScan(Engine::State& state, base::Bytes data, std::string_view name,
                   const base::BudgetLimits& limits, std::string_view owner, const Volumes& volumes)
    : state_(state), data_(data), name_(name), owner_(owner), volumes_(volumes), budget_(limits) {
  is_alone_ = volumes_.is_left_to_another || !volumes_.joined.empty();
  is_piece_ = IsPieceOfJoined();
  // Never moved: containers keep a view of it.
  zip_passwords_.reserve(state_.zip_passwords.size() + unpack::mail::kCandidatesMax);
  zip_passwords_ = state_.zip_passwords;
  rar_passwords_.reserve(state_.rar_passwords.size() + unpack::mail::kCandidatesMax);
  rar_passwords_ = state_.rar_passwords;
  if (state_.options.timeout_ms != 0) {
    deadline_ms_ = Now() + state_.options.timeout_ms;
  }
}

Report FileScan::Run() {
  ScanObject(data_, {});
  Walk();
  if (!volumes_.joined.empty()) {
    ScanVolumes();
  }
  if (!volumes_.joined.empty() || !joined_.empty()) {
    DropTwins();
  }
  OrderFindings(state_.options.heuristics, report_.findings);
  report_.verdict = report_.findings.empty() ? Verdict::kNothingFound : Verdict::kFound;
  report_.completeness = report_.gaps.empty() ? Completeness::kComplete : Completeness::kPartial;
  return std::move(report_);
}

std::uint64_t FileScan::Now() const {
  return state_.options.now_ms ? state_.options.now_ms() : SystemNowMs();
}

// Takes everything out of the containers that are open, and opens what is found there.
void FileScan::Walk() {
  while (!stack_.empty()) {
    Step();
  }
}

// The archive that the file is a volume of, with a budget of its own.
void FileScan::ScanVolumes() {
  is_alone_ = false;
  volume_starts_ = volumes_.starts;
  budget_ = base::Budget(budget_.limits());
  ScanObject(volumes_.joined, {}, Origin::kVolumes);
  Walk();
}

// Its beginning, or bytes of a zip that is searched from end to end. Anything else may be called
// so.
bool FileScan::IsPieceOfJoined() const {
  if (volumes_.joined.empty()) {
    return false;
  }
  const auto type_of = [&](base::Bytes data) {
    return KindOf(data, Origin::kVolumes, false, state_.file_types.get()).type;
  };
  const FileType type = type_of(data_);
  return volumes_.joined.data() == data_.data() ||
         (type_of(volumes_.joined) == FileType::kZip &&
          (type == FileType::kZip || type == FileType::kUnknown));
}

// Keeps what may be a volume of an archive that lies in the innermost container in several files.
void FileScan::KeepVolume(const Item& item) {
  // A setup's reader opens its cabinets itself.
  if (stack_.back().type == FileType::kInstallshield || !VolumeKeeper::MayBeVolume(item.name)) {
    return;
  }
  std::uint64_t kept = 0;
  for (const Frame& frame : stack_) {
    kept += frame.volumes.bytes();
  }
  if (kept + item.content.size() <= budget_.limits().file_bytes_max) {
    stack_.back().volumes.Keep(item.name, item.content);
  }
}

// Looks at one such archive; false if there is none left.
bool FileScan::ScanKeptVolumes() {
  auto archive = stack_.back().volumes.Next();
  if (!archive) {
    return false;
  }
  const std::string inner_path = PathOf(archive->lead);
  if (!budget_.SpendFile().ok() || !budget_.SpendBytesOut(archive->joined.size()).ok()) {
    AddGap(inner_path, LimitReason(budget_.exceeded()));
    return true;
  }
  joined_.push_back(std::move(*archive));
  volume_starts_ = joined_.back().starts;
  ScanObject(joined_.back().joined, inner_path, Origin::kVolumes);
  return true;
}

// What was found in a volume alone is not said again of its archive.
void FileScan::DropTwins() {
  const auto is_twin = [](const Finding& a, const Finding& b) {
    return a.source == b.source && a.name == b.name && a.rule == b.rule &&
           a.inner_path == b.inner_path;
  };
  std::vector<Finding> kept;
  for (Finding& finding : report_.findings) {
    if (std::none_of(kept.begin(), kept.end(),
                     [&](const Finding& other) { return is_twin(finding, other); })) {
      kept.push_back(std::move(finding));
    }
  }
  report_.findings = std::move(kept);
}

// Of an object of the innermost container.
std::string FileScan::PathOf(std::string_view name) const {
  std::string path = stack_.back().inner_path;
  if (!path.empty()) {
    path += kPathSeparator;
  }
  path += (name.empty() ? kUnnamed : name).substr(0, kNameBytesMax);
  return path;
}

// Takes one object out of the innermost container.
void FileScan::Step() {
  if (TimedOut()) {
    Unwind(kTimeoutReason);
    return;
  }
  const std::size_t level = stack_.size() - 1;
  if (state_.buffers.size() <= level) {
    state_.buffers.resize(level + 1);
  }
  Frame& frame = stack_.back();
  std::optional<Item> item;
  if (!frame.is_over) {
    item = frame.container->Next(budget_, state_.inflater, state_.buffers[level]);
  }
  if (!item) {
    frame.is_over = true;
    if (!ScanKeptVolumes()) {
      EndContainer();
    }
    return;
  }
  if (!budget_.SpendFile().ok()) {
    Unwind(LimitReason(base::Limit::kFiles));
    return;
  }
  const std::string inner_path = PathOf(item->name);
  ++frame.position;
  MatchMetadata(frame, *item, inner_path);
  if (item->is_encrypted) {
    Alert("encrypted", inner_path);
  }
  if (!item->gap.empty()) {
    AddGap(inner_path, item->gap);
    frame.is_damaged |= item->gap.starts_with(kDamaged);
  }
  if (item->has_content && LiesIn(item->content, frame.data)) {
    frame.given.push_back(item->content);
  }
  if (item->has_content && (IsCopy(item->origin) || item->origin == Origin::kLinks)) {
    ScanCopy(item->content, inner_path, item->origin);
  } else if (item->has_content && !IsRepeated(*item)) {
    KeepVolume(*item);
    ScanObject(item->content, inner_path, item->origin);
  }
  if (EndsTheFile(item->gap)) {
    Unwind(item->gap);
  }
}

// The innermost container has given all it can.
void FileScan::EndContainer() {
  AlertOfContainer();
  Frame frame = std::move(stack_.back());
  const std::string_view problem = frame.container->problem();
  if (!problem.empty()) {
    AddGap(frame.inner_path, problem);
    frame.is_damaged |= problem.starts_with(kDamaged);
  }
  stack_.pop_back();
  budget_.Leave();
  if (!frame.is_damaged) {
    return;
  }
  if (!stack_.empty() && stack_.back().object == frame.object) {
    stack_.back().is_damaged = true;
    stack_.back().given.insert(stack_.back().given.end(), frame.given.begin(), frame.given.end());
    return;
  }
  if (!stack_.empty()) {
    stack_.back().container->LastWasDamaged();
  }
  SearchDamaged(frame);
}

// What the last container of some bytes could not read may still hold files as they are.
void FileScan::SearchDamaged(const Frame& frame) {
  Subject subject;
  subject.data = frame.data;
  subject.type = frame.type;
  subject.origin = frame.origin;
  auto search = OpenEmbeddedInDamaged(subject, frame.given);
  if (search == nullptr || !budget_.Enter().ok()) {
    return;
  }
  stack_.push_back({std::move(search),
                    frame.data,
                    frame.inner_path,
                    FileType::kUnknown,
                    frame.object,
                    ClamTypeOf(FileType::kUnknown),
                    0,
                    std::nullopt,
                    frame.origin,
                    false,
                    {}});
}

// What two containers of the same bytes find is looked at once: nested texts would double at each
// level. The other containers hear of it; they are below in the stack.
bool FileScan::IsRepeated(const Item& item) {
  const std::uint64_t object = stack_.back().object;
  bool is_asked_for = item.may_repeat;
  for (std::size_t i = stack_.size() - 1; i-- > 0 && stack_[i].object == object;) {
    is_asked_for |= stack_[i].container->Claim(item.content);
  }
  if (!is_asked_for) {
    return false;
  }
  return !decoded_.emplace(object, crypto::Sha256(item.content)).second && item.may_repeat;
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

void FileScan::ScanObject(base::Bytes data, const std::string& inner_path, Origin origin) {
  ++report_.objects_scanned;
  report_.bytes_scanned += data.size();
  const FileType parent = stack_.empty() ? FileType::kUnknown : stack_.back().type;
  const bool is_partition = parent == FileType::kDisk || parent == FileType::kDmg;
  FileKind kind = KindOf(data, origin, is_partition, state_.file_types.get());
  const FileType type = kind.type;
  std::string path(name_);
  if (!inner_path.empty()) {
    path += kPathSeparator;
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
    KeepForPasswords(data);
  }
  if (report_.findings.size() > first) {
    JudgeFindings(first, data, inner_path);
  }
  Descend(data, kind, path, inner_path, origin);
}

// A copy is the object it was made of, as body signatures want to see it, or its links, as rules
// want to: no object of its own, and what is found in both is said once.
void FileScan::ScanCopy(base::Bytes data, const std::string& inner_path, Origin origin) {
  const std::size_t first = report_.findings.size();
  if (origin == Origin::kLinks) {
    MatchRules(data, FileType::kText, std::string(name_) + std::string(kPathSeparator) + inner_path,
               inner_path);
  }
  (void)MatchBodies(data,
                    KindOfCopy(origin == Origin::kLinks ? FileType::kText : stack_.back().type),
                    origin, inner_path);
  if (report_.findings.size() == first) {
    return;
  }
  DropRepeatedFindings(first);
  if (report_.findings.size() > first) {
    JudgeFindings(first, data, inner_path);
  }
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
  if (!kept_texts_.empty() && !IsText(kind.type) && kind.type != FileType::kMail) {
    ReadPasswords();
  }
  const Subject subject = {
      data,
      kind.type,
      path,
      origin,
      state_.wanted,
      zip_passwords_,
      rar_passwords_,
      origin == Origin::kVolumes ? volume_starts_ : std::span<const std::uint64_t>()};
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
    stack_.push_back({std::move(opened.container),
                      data,
                      inner_path,
                      opened.type,
                      report_.objects_scanned,
                      is_own ? kind.clam : ClamTypeOf(opened.type),
                      0,
                      std::nullopt,
                      origin,
                      false,
                      {}});
  }
}

}  // namespace day::engine
