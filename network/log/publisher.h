// Publisher: signs the durable tree, has it witnessed, and replaces the checkpoint.
//
// Fails closed: a checkpoint is published only if it satisfies the log's own policy
// (libs/tlog/policy.h), which is checked on the finished note. Before signing, the new tree is
// proved to extend the published one, so that a storage that lost or changed something cannot make
// the log sign a fork. Several processes may publish the same log; they take turns under a lock.
// Thread safety: Publish() belongs to one thread; a running Publisher has its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/note.h"
#include "libs/tlog/policy.h"
#include "network/log/log_store.h"
#include "network/log/witness_client.h"

namespace day::network::log {

inline constexpr std::string_view kCheckpointKey = "checkpoint";

struct PublisherOptions {
  std::uint32_t interval_min_ms = 200;   // between two checkpoints, while the log grows
  std::uint32_t republish_ms = 600'000;  // when it does not
  std::uint32_t retry_ms = 1'000;        // after a failure
  WitnessClientOptions witnesses;
};

// The last successful and failed publications, for metrics and people.
struct PublisherState {
  std::uint64_t size = 0;  // of the published tree
  std::uint64_t published = 0;
  std::uint64_t failures = 0;
  std::string last_failure;
};

class Publisher {
 public:
  Publisher(LogStore* log, const tlog::SignerKey* key, const tlog::Policy* policy,
            const PublisherOptions& options, WitnessClient::Post post);
  // As Stop().
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Publishes the durable tree once, also if it did not grow. Returns its size.
  // Errors: kPermission if the quorum was not reached, kMalformed if the tree does not extend the
  // published one, kTimeout for the lock, and those of storage.
  base::Result<std::uint64_t> Publish();

  // Runs Publish() in a thread of its own: soon after Wake(), and every republish_ms.
  // `on_failure` is told what went wrong, on that thread.
  void Start(std::function<void(const base::Error&)> on_failure);
  void Wake();
  void Stop();

  PublisherState state() const;

 private:
  base::Result<std::vector<tlog::Hash>> Prove(std::uint64_t old_size, std::uint64_t size);
  // The tree that is published now; nothing if none is. Errors: kMalformed if the log did not sign
  // it.
  base::Result<std::optional<tlog::Checkpoint>> Published();
  base::Status CheckExtends(const tlog::Checkpoint& published, const LogTree& tree);
  base::Result<std::uint64_t> PublishLocked();
  void Run(const std::function<void(const base::Error&)>& on_failure);

  LogStore* const log_;
  const tlog::SignerKey* const key_;
  const tlog::Policy* const policy_;
  const PublisherOptions options_;
  WitnessClient witnesses_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  PublisherState state_;   // guarded by mutex_
  std::thread thread_;
};

}  // namespace day::network::log
