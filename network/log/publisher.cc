#include "network/log/publisher.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <utility>

#include "libs/os/file.h"
#include "libs/tlog/checkpoint.h"

namespace day::network::log {

using base::ErrorKind;
using base::MakeError;

Publisher::Publisher(LogStore* log, const tlog::SignerKey* key, const tlog::Policy* policy,
                     const PublisherOptions& options, WitnessClient::Post post)
    : log_(log),
      key_(key),
      policy_(policy),
      options_(options),
      witnesses_(
          policy, options.witnesses, std::move(post),
          [this](std::uint64_t old_size, std::uint64_t size) { return Prove(old_size, size); }) {}

Publisher::~Publisher() { Stop(); }

base::Result<std::vector<tlog::Hash>> Publisher::Prove(std::uint64_t old_size, std::uint64_t size) {
  tlog::TileNodes nodes([this](const tlog::TileId& id) { return log_->ReadTile(id); }, size);
  return tlog::MakeConsistencyProof(nodes, old_size, size);
}

base::Result<std::optional<tlog::Checkpoint>> Publisher::Published() {
  const auto text = log_->public_blobs().Get(kCheckpointKey, tlog::kNoteBytesMax);
  if (!text.ok()) {
    if (text.error().kind == ErrorKind::kNotFound) {
      return std::optional<tlog::Checkpoint>();
    }
    return text.error();
  }
  DAY_TRY_ASSIGN(tlog::CheckpointNote note, tlog::ParseCheckpointNote(*text));
  DAY_TRY(tlog::VerifyNote(note.note, std::span(&key_->verifier(), 1)));
  if (note.checkpoint.origin != log_->origin()) {
    return MakeError(ErrorKind::kMalformed, "the published checkpoint is of another log");
  }
  return std::optional(std::move(note.checkpoint));
}

base::Status Publisher::CheckExtends(const tlog::Checkpoint& published, const LogTree& tree) {
  const auto wrong = [](const std::string& why) {
    return MakeError(
        ErrorKind::kMalformed,
        "refusing to sign: the tree on disk does not extend the published one: " + why);
  };
  if (published.size > tree.size) {
    return wrong(fmt::format("it has {} entries, {} are published", tree.size, published.size));
  }
  DAY_TRY_ASSIGN(const std::vector<tlog::Hash> proof, Prove(published.size, tree.size));
  const base::Status extends =
      tlog::VerifyConsistency(proof, published.size, published.root, tree.size, tree.root);
  return extends.ok() ? extends : base::Status(wrong(extends.error().message));
}

base::Result<std::uint64_t> Publisher::Publish() {
  base::Result<std::uint64_t> size = PublishLocked();
  const std::lock_guard lock(mutex_);
  if (size.ok()) {
    ++state_.published;
    state_.size = *size;
  } else {
    ++state_.failures;
    state_.last_failure = size.error().message;
  }
  return size;
}

base::Result<std::uint64_t> Publisher::PublishLocked() {
  DAY_TRY_ASSIGN(const os::Fd lock,
                 os::LockFile(log_->private_path("publish.lock"), LogStore::kLockTimeoutMs));
  DAY_TRY_ASSIGN(const std::optional<tlog::Checkpoint> published, Published());
  DAY_TRY_ASSIGN(const LogTree tree, log_->Tree());
  if (published) {
    DAY_TRY(CheckExtends(*published, tree));
  }
  tlog::Checkpoint checkpoint;
  checkpoint.origin = log_->origin();
  checkpoint.size = tree.size;
  checkpoint.root = tree.root;
  const std::string text = checkpoint.ToText();
  DAY_TRY_ASSIGN(const std::string line, key_->Sign(text, 0));
  std::string note = text + "\n" + line;
  const WitnessClient::Round round =
      witnesses_.Cosign(note, text, tree.size, published ? published->size : 0);
  for (const std::string& cosignature : round.lines) {
    note += cosignature;
  }
  const auto trusted = policy_->Open(note);
  if (!trusted.ok()) {
    return MakeError(ErrorKind::kPermission,
                     fmt::format("not published: {} ({})", trusted.error().message,
                                 fmt::join(round.failures, "; ")));
  }
  DAY_TRY(log_->public_blobs().Put(kCheckpointKey, base::AsBytes(note)));
  // What cannot be cleaned up now is cleaned up later; the checkpoint stands.
  (void)log_->CleanUpPartials(tree.size);
  return tree.size;
}

void Publisher::Start(std::function<void(const base::Error&)> on_failure) {
  thread_ = std::thread([this, on_failure = std::move(on_failure)] { Run(on_failure); });
}

void Publisher::Wake() {
  {
    const std::lock_guard lock(mutex_);
    awake_ = true;
  }
  wake_.notify_one();
}

void Publisher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Publisher::Run(const std::function<void(const base::Error&)>& on_failure) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    awake_ = false;
    lock.unlock();
    const auto size = Publish();
    if (!size.ok()) {
      on_failure(size.error());
    }
    lock.lock();
    // A pause in any case, then until there is something new or the time for a republication.
    const auto pause =
        std::chrono::milliseconds(size.ok() ? options_.interval_min_ms : options_.retry_ms);
    wake_.wait_for(lock, pause, [this] { return stopping_; });
    if (size.ok()) {
      wake_.wait_for(lock, std::chrono::milliseconds(options_.republish_ms),
                     [this] { return stopping_ || awake_; });
    }
  }
}

PublisherState Publisher::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace day::network::log
