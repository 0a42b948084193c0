// FileScan: one Engine::ScanFile(). A walk over a file and everything in it, depth first.
//
// The innermost container gives its objects one by one (Step); each is matched (ScanObject) and, if
// it is a container itself, opened and walked first. file_scan.cc walks, file_scan_match.cc asks
// the matchers about one object, file_scan_judge.cc decides what of their findings, and of what
// could not be looked at, stands in the report. Internal to libs/engine.
//
// Memory and time: by the Budget and the deadline of the file. Thread safety: none.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/crypto/hash.h"
#include "libs/engine/descend/container.h"
#include "libs/engine/descend/identify.h"
#include "libs/engine/engine.h"
#include "libs/engine/file_kind.h"
#include "libs/engine/object_matcher.h"
#include "libs/engine/report.h"
#include "libs/engine/volume_keeper.h"

namespace day::engine {

// Between the names of nested objects in a path.
inline constexpr std::string_view kPathSeparator = "//";

// Reason of the gap that the deadline leaves.
inline constexpr std::string_view kTimeoutReason = "timeout";

class FileScan {
 public:
  // REQUIRES: all outlive the scan; see Engine::ScanFile() for what they mean.
  FileScan(Engine::State& state, base::Bytes data, std::string_view name,
           const base::BudgetLimits& limits, std::string_view owner, const Volumes& volumes);

  // Once.
  Report Run();

 private:
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
    Origin origin = Origin::kOther;
    bool is_damaged = false;         // something in it could not be read
    std::vector<base::Bytes> given;  // what was taken out and lies in `data`
    VolumeKeeper volumes = {};
    bool is_over = false;  // the container has given all
  };

  // The walk.
  std::uint64_t Now() const;
  bool TimedOut() const { return deadline_ms_ && Now() >= *deadline_ms_; }
  void Step();
  std::string PathOf(std::string_view name) const;
  void EndContainer();
  void SearchDamaged(const Frame& frame);
  void Unwind(std::string_view reason);
  void ScanObject(base::Bytes data, const std::string& inner_path, Origin origin = Origin::kOther);
  void Walk();
  void ScanVolumes();
  bool IsPieceOfJoined() const;
  void KeepVolume(const Item& item);
  bool ScanKeptVolumes();
  void DropTwins();
  void ScanCopy(base::Bytes data, const std::string& inner_path, Origin origin);
  bool IsRepeated(const Item& item);
  bool WasOpened(base::Bytes data, FileType type, Origin origin);
  void Descend(base::Bytes data, const FileKind& kind, std::string_view path,
               const std::string& inner_path, Origin origin);

  // One object against everything; each appends its findings to the report.
  MatchLimits LimitsOfObject() const;
  void MatchRules(base::Bytes data, FileType type, std::string_view path,
                  std::string_view inner_path);
  bool IsTrustedProgram(base::Bytes data, FileType type, const std::string& inner_path);
  void MatchHashes(base::Bytes data, std::string_view inner_path);
  void MatchMetadata(const Frame& frame, const Item& item, const std::string& inner_path);
  void KeepForPasswords(base::Bytes data);
  void ReadPasswords();
  void MatchLinks(base::Bytes data, FileType type, Origin origin, std::string_view inner_path);
  std::vector<signatures::clamav::ClamType> MatchBodies(base::Bytes data, const FileKind& kind,
                                                        Origin origin, std::string_view inner_path);

  // What stands in the report.
  void AddGap(std::string_view inner_path, std::string_view reason);
  void Alert(std::string_view reason, std::string_view inner_path);
  void AlertOfContainer();
  void AddAlert(std::string_view name, std::string_view inner_path);
  void DropRepeatedFindings(std::size_t first);
  void JudgeFindings(std::size_t first, base::Bytes data, const std::string& inner_path);
  bool IsAllowed(base::Bytes data);

  Engine::State& state_;
  base::Bytes data_;
  std::string_view name_;
  std::string_view owner_;
  Volumes volumes_;
  bool is_piece_ = false;  // the file is a piece of `volumes_.joined`, which says what it lacks
  bool is_alone_ = false;  // what is looked at is a volume, without the others
  std::deque<VolumeKeeper::Archive> joined_;      // found in containers
  std::span<const std::uint64_t> volume_starts_;  // of the object of Origin::kVolumes at hand
  base::Budget budget_;
  std::optional<std::uint64_t> deadline_ms_;
  Report report_;
  std::vector<std::string> zip_passwords_;   // of the database, and of mails' texts
  std::vector<std::string> rar_passwords_;   // the same
  std::vector<std::string> told_passwords_;  // of mails' texts
  std::deque<std::string> kept_texts_;       // of mails, not yet searched for passwords
  std::size_t kept_bytes_ = 0;               // of kept_texts_
  std::vector<Frame> stack_;
  std::set<std::pair<std::uint64_t, crypto::Sha256Digest>> decoded_;  // by object
  std::uint64_t opened_count_ = 0;
  // The least depth at which bytes were opened, by what they are and lie in; see WasOpened().
  using Opened = std::tuple<crypto::Sha256Digest, FileType, FileType, Origin>;
  std::map<Opened, std::uint32_t> opened_;
};

}  // namespace day::engine
