#include "network/audit/monitor.h"

#include <fmt/format.h>

#include <utility>

#include "libs/crypto/hash.h"
#include "libs/tlog/checkpoint.h"
#include "libs/tlog/text.h"
#include "network/audit/rebuild.h"
#include "network/audit/witness.h"

namespace day::network::audit {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::string_view kStateKey = "monitor-state";
constexpr std::string_view kStateMagic = "daylight-monitor-v1";
constexpr std::size_t kStateBytesMax = tlog::kNoteBytesMax + 8192;

// What a proof between two sizes, from the log's own tiles, says about their roots.
enum class Relation : std::uint8_t { kConsistent, kInconsistent, kUnknown };

Relation Relate(const Source& log, std::uint64_t old_size, const tlog::Hash& old_root,
                std::uint64_t size, const tlog::Hash& root) {
  if (old_size == size) {
    return old_root == root ? Relation::kConsistent : Relation::kInconsistent;
  }
  tlog::TileNodes nodes(TileReader(log), size);
  const auto proof = tlog::MakeConsistencyProof(nodes, old_size, size);
  if (!proof.ok()) {
    return Relation::kUnknown;
  }
  // Wrong tiles also give a proof that does not hold; only two signed roots of one size are a proof
  // of lying by themselves.
  return tlog::VerifyConsistency(*proof, old_size, old_root, size, root).ok()
             ? Relation::kConsistent
             : Relation::kInconsistent;
}

}  // namespace

base::Result<Monitor> Monitor::Open(const tlog::Policy* policy, store::Blobs* state,
                                    const MonitorOptions& options) {
  Monitor monitor(policy, state, options);
  const auto text = state->Get(kStateKey, kStateBytesMax);
  if (!text.ok()) {
    if (text.error().kind == ErrorKind::kNotFound) {
      return monitor;
    }
    return text.error();
  }
  const auto damaged = MakeError(ErrorKind::kMalformed, "the monitor's state is damaged");
  std::string_view rest = *text;
  if (tlog::TakeLine(&rest) != kStateMagic) {
    return damaged;
  }
  std::vector<tlog::Hash> hashes;
  for (;;) {
    const auto line = tlog::TakeLine(&rest);
    if (!line) {
      return damaged;
    }
    if (line->empty()) {
      break;
    }
    const auto hash = tlog::ParseHash(*line);
    if (!hash || hashes.size() == tlog::kProofHashesMax) {
      return damaged;
    }
    hashes.push_back(*hash);
  }
  DAY_TRY_ASSIGN(const tlog::CheckpointNote note, tlog::ParseCheckpointNote(rest));
  DAY_TRY_ASSIGN(monitor.range_,
                 tlog::CompactRange::Create(note.checkpoint.size, std::move(hashes)));
  if (monitor.range_.Root() != note.checkpoint.root) {
    return damaged;
  }
  monitor.note_ = rest;
  return monitor;
}

base::Status Monitor::Save() {
  std::string text = std::string(kStateMagic) + "\n";
  for (const tlog::Hash& hash : range_.hashes()) {
    text += tlog::HashText(hash) + "\n";
  }
  text += "\n" + note_;
  return state_->Put(kStateKey, base::AsBytes(text));
}

base::Status Monitor::AddFork(const std::string& where, const std::string& note, std::string why,
                              MonitorReport* report) {
  const std::string evidence = note_ + "\n" + note;
  const std::string key =
      "fork-" + crypto::Sha256Hex(base::AsBytes(evidence)).substr(0, 16) + ".txt";
  DAY_TRY(state_->Put(key, base::AsBytes(evidence)));
  report->anomalies.push_back({AnomalyKind::kFork, where, std::move(why), key});
  return base::OkStatus();
}

base::Status Monitor::Compare(const Source& log, const std::string& where, const std::string& note,
                              const tlog::Checkpoint& checkpoint, MonitorReport* report) {
  const bool older = checkpoint.size <= range_.size();
  const Relation relation =
      older ? Relate(log, checkpoint.size, checkpoint.root, range_.size(), range_.Root())
            : Relate(log, range_.size(), range_.Root(), checkpoint.size, checkpoint.root);
  if (relation == Relation::kInconsistent) {
    return AddFork(
        where, note,
        fmt::format("signed trees of {} and {} entries do not fit{}", range_.size(),
                    checkpoint.size,
                    range_.size() == checkpoint.size ? "" : ", by the tiles that are served"),
        report);
  }
  // A copy that lags behind has no tiles to prove anything with; that it is older is said already.
  if (relation == Relation::kUnknown && !(older && where == "log")) {
    report->anomalies.push_back(
        {AnomalyKind::kWrongEntries,
         where,
         fmt::format("no proof can be had that the trees of {} and {} entries fit", range_.size(),
                     checkpoint.size),
         {}});
  }
  return base::OkStatus();
}

base::Status Monitor::Advance(const Source& log, const std::string& note,
                              const tlog::Checkpoint& checkpoint, const OnEntry& on_entry,
                              const OnRight& on_right, MonitorReport* report) {
  tlog::CompactRange range = range_;
  const base::Status read =
      ReadEntries(log, range.size(), checkpoint.size, [&](base::Bytes entry) -> base::Status {
        on_entry(range.size(), entry);
        range.Append(tlog::LeafHash(entry));
        return base::OkStatus();
      });
  if (!read.ok()) {
    report->anomalies.push_back({AnomalyKind::kWrongEntries, "log", read.error().message, {}});
    return base::OkStatus();
  }
  if (range.Root() != checkpoint.root) {
    const std::size_t before = report->anomalies.size();
    DAY_TRY(Compare(log, "log", note, checkpoint, report));
    if (report->anomalies.size() == before) {
      report->anomalies.push_back(
          {AnomalyKind::kWrongEntries, "log", "the new entries do not give the signed root", {}});
    }
    return base::OkStatus();
  }
  report->new_entries = range.size() - range_.size();
  range_ = std::move(range);
  note_ = note;
  DAY_TRY(on_right());
  return Save();
}

base::Status Monitor::LookAtLog(const Source& log, std::uint64_t now_s, const OnEntry& on_entry,
                                const OnRight& on_right, MonitorReport* report) {
  const auto note = ReadCheckpoint(log);
  if (!note.ok()) {
    report->anomalies.push_back({AnomalyKind::kUnreachable, "log", note.error().message, {}});
    return base::OkStatus();
  }
  const auto trusted = policy_->Open(*note);
  if (!trusted.ok()) {
    report->anomalies.push_back({AnomalyKind::kNotTrusted, "log", trusted.error().message, {}});
    return base::OkStatus();
  }
  const tlog::Checkpoint& checkpoint = trusted->checkpoint;
  report->quorum_time_s = trusted->quorum_time_s;
  if (trusted->quorum_time_s && *trusted->quorum_time_s + options_.stale_after_s < now_s) {
    report->anomalies.push_back(
        {AnomalyKind::kStale,
         "log",
         fmt::format("the quorum's cosignatures are {} s old", now_s - *trusted->quorum_time_s),
         {}});
  }
  if (checkpoint.size > range_.size() || note_.empty()) {
    return Advance(log, *note, checkpoint, on_entry, on_right, report);
  }
  if (checkpoint.size < range_.size()) {
    report->anomalies.push_back(
        {AnomalyKind::kOlder,
         "log",
         fmt::format("shows {} entries, {} were seen before", checkpoint.size, range_.size()),
         {}});
  }
  return Compare(log, "log", *note, checkpoint, report);
}

base::Status Monitor::LookAtWitness(const Source& log, const tlog::PolicyWitness& witness,
                                    MonitorReport* report) {
  const std::string where = "witness " + witness.name;
  const auto known = tlog::ParseCheckpointNote(note_);
  if (!known.ok()) {
    return base::OkStatus();  // nothing to compare with yet
  }
  const auto source = OpenSource(witness.url);
  const auto text = source.ok()
                        ? (*source)(WitnessPath(known->checkpoint.origin), tlog::kNoteBytesMax)
                        : base::Result<std::string>(source.error());
  if (!text.ok()) {
    report->anomalies.push_back({AnomalyKind::kUnreachable, where, text.error().message, {}});
    return base::OkStatus();
  }
  // The log must have signed it, and this witness cosigned it.
  std::vector<tlog::VerifierKey> keys;
  for (const tlog::PolicyLog& one : policy_->logs()) {
    if (one.key.name() == known->checkpoint.origin) {
      keys.push_back(one.key);
    }
  }
  keys.push_back(witness.key);
  const auto note = tlog::ParseCheckpointNote(*text);
  const auto verified = note.ok() ? tlog::VerifyNote(note->note, keys)
                                  : base::Result<tlog::VerifiedNote>(note.error());
  if (!verified.ok() || verified->good.size() < 2 ||
      note->checkpoint.origin != known->checkpoint.origin) {
    report->anomalies.push_back(
        {AnomalyKind::kNotTrusted,
         where,
         verified.ok() ? "not signed by both the log and the witness" : verified.error().message,
         {}});
    return base::OkStatus();
  }
  return Compare(log, where, *text, note->checkpoint, report);
}

base::Result<MonitorReport> Monitor::Look(const Source& log, std::uint64_t now_s,
                                          const OnEntry& on_entry, const OnRight& on_right) {
  MonitorReport report;
  DAY_TRY(LookAtLog(log, now_s, on_entry, on_right, &report));
  report.size = range_.size();
  for (const tlog::PolicyWitness& witness : policy_->witnesses()) {
    if (options_.ask_witnesses && !witness.url.empty()) {
      DAY_TRY(LookAtWitness(log, witness, &report));
    }
  }
  return report;
}

}  // namespace day::network::audit
