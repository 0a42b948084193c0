// WitnessClient: asks the witnesses of a policy to cosign a checkpoint.
//
// One thread a witness, so that a slow one holds up nobody. A witness that has seen another size
// than we thought says so (409) and is asked again with a proof from there. Cosignatures are
// verified before they are used; whether they are enough is the policy's judgement. Thread safety:
// Cosign() belongs to one thread at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/result.h"
#include "libs/tlog/policy.h"
#include "libs/tlog/witness_message.h"

namespace day::network::log {

struct WitnessClientOptions {
  std::uint32_t request_timeout_ms = 5'000;
  // How long to wait for further witnesses once those that answered make the quorum.
  std::uint32_t grace_ms = 50;
};

// The answer of an HTTP server.
struct WitnessReply {
  unsigned status = 0;
  std::string body;
};

class WitnessClient {
 public:
  // POSTs `body` to a URL. Called from several threads. Errors: any; the witness counts as silent.
  using Post =
      std::function<base::Result<WitnessReply>(const std::string& url, const std::string& body)>;
  // A consistency proof between two sizes of the log. Called from several threads.
  using Prove = std::function<base::Result<std::vector<tlog::Hash>>(std::uint64_t old_size,
                                                                    std::uint64_t size)>;
  struct Round {
    std::vector<std::string> lines;     // signature lines, one for each witness that cosigned
    std::vector<std::string> failures;  // what the others said, for people
    bool quorum = false;
  };

  // Witnesses without a URL, or with an ML-DSA-44 key, are not asked. REQUIRES: `policy` outlives
  // the client.
  WitnessClient(const tlog::Policy* policy, const WitnessClientOptions& options, Post post,
                Prove prove);
  ~WitnessClient();
  WitnessClient(const WitnessClient&) = delete;
  WitnessClient& operator=(const WitnessClient&) = delete;

  // Asks all witnesses; returns when all have answered, or shortly after the quorum, or when
  // request_timeout_ms is over. `signed_note` is the checkpoint with the log's signature;
  // `likely_size` what the witnesses have probably seen last.
  Round Cosign(const std::string& signed_note, const std::string& text, std::uint64_t size,
               std::uint64_t likely_size);

 private:
  // One question to all witnesses. Shared: a witness may answer after Cosign() gave up waiting.
  struct Question;
  struct Worker;

  void Run(Worker* worker);
  base::Result<std::string> Ask(Worker* worker, const Question& question) const;

  const tlog::Policy* const policy_;
  const WitnessClientOptions options_;
  const Post post_;
  const Prove prove_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace day::network::log
