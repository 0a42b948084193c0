#include "network/audit/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/tlog/checkpoint.h"

namespace day::network::audit {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::uint32_t kLockTimeoutMs = 2'000;

}  // namespace

std::string WitnessPath(std::string_view origin) {
  return crypto::Sha256Hex(base::AsBytes(origin)) + "/checkpoint";
}

base::Result<std::unique_ptr<Witness>> Witness::Open(const std::string& folder, tlog::SignerKey key,
                                                     tlog::Policy logs,
                                                     std::function<std::uint64_t()> now_s) {
  if (key.verifier().kind() != tlog::KeyKind::kCosignatureEd25519) {
    return MakeError(ErrorKind::kInvalidUse,
                     "the key is a log's: a witness needs one of its own (daylight-audit keygen)");
  }
  std::unique_ptr<Witness> witness(new Witness(std::move(key), std::move(logs), std::move(now_s)));
  DAY_TRY_ASSIGN(witness->blobs_, store::OpenDirectoryBlobs(folder));
  auto lock = os::LockFile(folder + "/.lock", kLockTimeoutMs);
  if (!lock.ok()) {
    return MakeError(lock.error().kind, "another witness runs on " + folder);
  }
  witness->lock_ = std::move(lock).value();
  return witness;
}

std::vector<tlog::VerifierKey> Witness::KeysOf(std::string_view origin) const {
  std::vector<tlog::VerifierKey> keys;
  for (const tlog::PolicyLog& log : logs_.logs()) {
    if (log.key.name() == origin) {
      keys.push_back(log.key);
    }
  }
  return keys;
}

base::Result<Witness::Memory> Witness::Remember(const std::string& origin) {
  const auto text = blobs_->Get(WitnessPath(origin), tlog::kNoteBytesMax);
  if (!text.ok()) {
    return text.error().kind == ErrorKind::kNotFound ? base::Result(Memory{})
                                                     : base::Result<Memory>(text.error());
  }
  DAY_TRY_ASSIGN(const tlog::CheckpointNote note, tlog::ParseCheckpointNote(*text));
  DAY_TRY_ASSIGN(const tlog::VerifiedNote verified,
                 tlog::VerifyNote(note.note, std::span(&key_.verifier(), 1)));
  if (note.checkpoint.origin != origin) {
    return MakeError(ErrorKind::kMalformed, "the stored checkpoint is of another log");
  }
  Memory memory;
  memory.tree = {note.checkpoint.size, note.checkpoint.root};
  memory.time_s = note.note.signatures[verified.good[0].signature].CosignatureTime();
  return memory;
}

net::HttpAnswer Witness::AddCheckpoint(const std::string& body) {
  const auto request = tlog::ParseAddCheckpointRequest(body);
  if (!request.ok()) {
    return net::HttpAnswer::Plain(400, request.error().message + "\n");
  }
  const auto note = tlog::ParseCheckpointNote(request->checkpoint);
  if (!note.ok()) {
    return net::HttpAnswer::Plain(400, note.error().message + "\n");
  }
  const std::vector<tlog::VerifierKey> keys = KeysOf(note->checkpoint.origin);
  if (keys.empty()) {
    return net::HttpAnswer::Plain(404, "unknown origin\n");
  }
  const std::lock_guard lock(mutex_);
  const auto memory = Remember(note->checkpoint.origin);
  if (!memory.ok()) {
    return net::HttpAnswer::Plain(500, "what was cosigned last cannot be read\n");
  }
  const tlog::WitnessVerdict verdict =
      tlog::JudgeAddCheckpoint(*request, *note, keys, memory->tree);
  if (verdict.status == 409) {
    net::HttpAnswer answer = net::HttpAnswer::Plain(409, tlog::ConflictBody(memory->tree.size));
    answer.content_type = tlog::kConflictContentType;
    return answer;
  }
  if (verdict.status != 200) {
    return net::HttpAnswer::Plain(verdict.status, verdict.why + "\n");
  }
  // The stored note: the log's signatures that verified, and ours. Time never goes back.
  const auto line = key_.Sign(note->note.text, std::max(now_s_(), memory->time_s));
  const auto verified = tlog::VerifyNote(note->note, keys);
  if (!line.ok() || !verified.ok()) {
    return net::HttpAnswer::Plain(500, "signing failed\n");
  }
  std::string stored = note->note.text + "\n";
  for (const tlog::VerifiedNote::Match& match : verified->good) {
    stored += note->note.signatures[match.signature].ToLine();
  }
  stored += *line;
  if (!blobs_->Put(WitnessPath(note->checkpoint.origin), base::AsBytes(stored)).ok()) {
    return net::HttpAnswer::Plain(500, "the storage failed\n");
  }
  return net::HttpAnswer::Plain(200, *line);
}

net::HttpAnswer Witness::Answer(const net::HttpQuestion& question) {
  if (question.target == "/add-checkpoint") {
    return question.method == "POST" ? AddCheckpoint(question.body)
                                     : net::HttpAnswer::Plain(405, "only POST\n");
  }
  if (question.method == "GET") {
    for (const tlog::PolicyLog& log : logs_.logs()) {
      const std::string path = WitnessPath(log.key.name());
      if (question.target == "/" + path) {
        auto text = blobs_->Get(path, tlog::kNoteBytesMax);
        net::HttpAnswer answer = text.ok() ? net::HttpAnswer::Plain(200, std::move(text).value())
                                           : net::HttpAnswer::Plain(404, "nothing cosigned yet\n");
        answer.cache_control = "no-cache";
        return answer;
      }
    }
  }
  return net::HttpAnswer::Plain(404, "not found\n");
}

}  // namespace day::network::audit
