#include "network/log/witness_client.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace day::network::log {

using base::ErrorKind;
using base::MakeError;

struct WitnessClient::Question {
  std::string signed_note;
  std::string text;
  std::uint64_t size = 0;
  std::uint64_t likely_size = 0;

  std::mutex mutex;
  std::condition_variable answered;
  // By worker; guarded by mutex.
  std::vector<std::optional<base::Result<std::string>>> answers;
};

struct WitnessClient::Worker {
  std::size_t number = 0;   // in workers_
  std::size_t witness = 0;  // in the policy
  std::string url;
  // What it last told us, or cosigned for us; used by its thread only.
  std::optional<std::uint64_t> size;

  std::mutex mutex;
  std::condition_variable wake;
  std::shared_ptr<Question> question;  // guarded by mutex
  bool stopping = false;               // guarded by mutex
  std::thread thread;
};

WitnessClient::WitnessClient(const tlog::Policy* policy, const WitnessClientOptions& options,
                             Post post, Prove prove)
    : policy_(policy), options_(options), post_(std::move(post)), prove_(std::move(prove)) {
  for (std::size_t i = 0; i < policy->witnesses().size(); ++i) {
    const tlog::PolicyWitness& witness = policy->witnesses()[i];
    if (witness.url.empty() || witness.key.kind() != tlog::KeyKind::kCosignatureEd25519) {
      continue;
    }
    auto worker = std::make_unique<Worker>();
    worker->number = workers_.size();
    worker->witness = i;
    worker->url = witness.url;
    while (worker->url.ends_with('/')) {
      worker->url.pop_back();
    }
    worker->url += "/add-checkpoint";
    workers_.push_back(std::move(worker));
  }
  for (const auto& worker : workers_) {
    worker->thread = std::thread([this, w = worker.get()] { Run(w); });
  }
}

WitnessClient::~WitnessClient() {
  for (const auto& worker : workers_) {
    {
      const std::lock_guard lock(worker->mutex);
      worker->stopping = true;
    }
    worker->wake.notify_one();
  }
  for (const auto& worker : workers_) {
    worker->thread.join();
  }
}

void WitnessClient::Run(Worker* worker) {
  for (;;) {
    std::shared_ptr<Question> question;
    {
      std::unique_lock lock(worker->mutex);
      worker->wake.wait(lock, [worker] { return worker->stopping || worker->question; });
      if (worker->stopping) {
        return;
      }
      question = std::exchange(worker->question, nullptr);
    }
    base::Result<std::string> answer = Ask(worker, *question);
    const std::lock_guard lock(question->mutex);
    question->answers[worker->number] = std::move(answer);
    question->answered.notify_one();
  }
}

base::Result<std::string> WitnessClient::Ask(Worker* worker, const Question& question) const {
  const tlog::VerifierKey& key = policy_->witnesses()[worker->witness].key;
  tlog::AddCheckpointRequest request;
  request.checkpoint = question.signed_note;
  request.old_size = worker->size.value_or(question.likely_size);
  // The first size may be wrong, and another log process may have told the witness of a larger one
  // in between.
  constexpr int kAttempts = 3;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (request.old_size > question.size) {
      return MakeError(ErrorKind::kMalformed,
                       fmt::format("has cosigned {} entries, more than the {} of this checkpoint",
                                   request.old_size, question.size));
    }
    DAY_TRY_ASSIGN(request.proof, prove_(request.old_size, question.size));
    DAY_TRY_ASSIGN(const WitnessReply reply, post_(worker->url, request.ToText()));
    if (reply.status == 200) {
      DAY_TRY_ASSIGN(const tlog::NoteSignature cosignature,
                     tlog::TakeCosignature(reply.body, question.text, key));
      worker->size = question.size;
      return cosignature.ToLine();
    }
    if (reply.status != 409) {
      worker->size.reset();
      return MakeError(ErrorKind::kIo, fmt::format("answered {}", reply.status));
    }
    DAY_TRY_ASSIGN(request.old_size, tlog::ParseConflictBody(reply.body));
    worker->size = request.old_size;
  }
  return MakeError(ErrorKind::kIo, "answered 409 again and again");
}

WitnessClient::Round WitnessClient::Cosign(const std::string& signed_note, const std::string& text,
                                           std::uint64_t size, std::uint64_t likely_size) {
  const auto question = std::make_shared<Question>();
  question->signed_note = signed_note;
  question->text = text;
  question->size = size;
  question->likely_size = likely_size;
  question->answers.resize(workers_.size());
  for (const auto& worker : workers_) {
    {
      const std::lock_guard lock(worker->mutex);
      worker->question = question;
    }
    worker->wake.notify_one();
  }
  const auto start = std::chrono::steady_clock::now();
  auto deadline = start + std::chrono::milliseconds(options_.request_timeout_ms);
  Round round;
  std::unique_lock lock(question->mutex);
  for (;;) {
    std::size_t answered = 0;
    std::vector<std::size_t> signers;
    for (const auto& worker : workers_) {
      const auto& answer = question->answers[worker->number];
      answered += answer ? 1u : 0u;
      if (answer && answer->ok()) {
        signers.push_back(worker->witness);
      }
    }
    if (!round.quorum && policy_->QuorumHolds(signers)) {
      round.quorum = true;
      deadline = std::min(deadline, std::chrono::steady_clock::now() +
                                        std::chrono::milliseconds(options_.grace_ms));
    }
    if (answered == workers_.size() ||
        question->answered.wait_until(lock, deadline) == std::cv_status::timeout) {
      break;
    }
  }
  for (const auto& worker : workers_) {
    const auto& answer = question->answers[worker->number];
    if (answer && answer->ok()) {
      round.lines.push_back(answer->value());
      continue;
    }
    round.failures.push_back(
        fmt::format("witness {}: {}", policy_->witnesses()[worker->witness].name,
                    answer ? answer->error().message : "did not answer in time"));
  }
  return round;
}

}  // namespace day::network::log
