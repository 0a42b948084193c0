// A witness: cosigns checkpoints that extend what it cosigned before, and nothing else
// (tlog-witness of C2SP, 1.0.0).
//
//   POST /add-checkpoint                              by logs
//   GET  /<hex SHA-256 of the origin>/checkpoint      by monitors: the last one cosigned
//
// One file a log: DIR/<hex>/checkpoint, which is the answer for monitors and the witness's memory
// in one. It is replaced, durably, before the cosignature leaves. A file that is there but cannot
// be read or does not verify is never taken for "nothing seen yet": the log gets no cosignature
// until a person has looked. One process a folder, by a lock held while it runs. Thread safety:
// Answer() may be called from several threads; requests are judged one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "libs/base/result.h"
#include "libs/net/http_server.h"
#include "libs/os/fd.h"
#include "libs/store/blobs.h"
#include "libs/tlog/note.h"
#include "libs/tlog/policy.h"
#include "libs/tlog/witness_message.h"

namespace day::network::audit {

class Witness {
 public:
  // `logs` names the logs to witness; its quorum is not used. `now_s` is the time for cosignatures.
  // Errors: kInvalidUse for a key that is no cosigner's, kTimeout if another process has the
  // folder, as store::Blobs.
  static base::Result<std::unique_ptr<Witness>> Open(const std::string& folder, tlog::SignerKey key,
                                                     tlog::Policy logs,
                                                     std::function<std::uint64_t()> now_s);

  // Answers a request of either sort.
  net::HttpAnswer Answer(const net::HttpQuestion& question);

 private:
  Witness(tlog::SignerKey key, tlog::Policy logs, std::function<std::uint64_t()> now_s)
      : key_(std::move(key)), logs_(std::move(logs)), now_s_(std::move(now_s)) {}
  net::HttpAnswer AddCheckpoint(const std::string& body);
  std::vector<tlog::VerifierKey> KeysOf(std::string_view origin) const;
  // What was cosigned last, and when. Errors: kMalformed if the file is not ours; as store::Blobs.
  struct Memory {
    tlog::WitnessedTree tree;
    std::uint64_t time_s = 0;
  };
  base::Result<Memory> Remember(const std::string& origin);

  const tlog::SignerKey key_;
  const tlog::Policy logs_;
  const std::function<std::uint64_t()> now_s_;
  std::unique_ptr<store::Blobs> blobs_;
  os::Fd lock_;
  std::mutex mutex_;  // judging and storing are one step
};

// "<hex SHA-256 of the origin>/checkpoint".
std::string WitnessPath(std::string_view origin);

}  // namespace day::network::audit
