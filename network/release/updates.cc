// The files that endpoints fetch.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "libs/crypto/hash.h"
#include "libs/tlog/merkle.h"
#include "libs/update/delta.h"
#include "libs/update/metadata_proof.h"
#include "libs/update/upd.h"
#include "network/release/publish.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;

base::Result<std::string> ReadBundle(const Workspace& workspace, const std::string& sha256) {
  DAY_TRY_ASSIGN(std::string bytes, workspace.Read("bundles/" + sha256, update::kBundleMaxBytes));
  if (crypto::Sha256Hex(base::AsBytes(bytes)) != sha256) {
    return MakeError(ErrorKind::kMalformed,
                     fmt::format("bundles/{} is damaged: restore it from updates/bundles/{}.bundle "
                                 "or a mirror",
                                 sha256, sha256));
  }
  return bytes;
}

// A payload, compressed once and kept, since the same is needed after every halt.
base::Result<update::UpdPayload> MakePayload(const Workspace& workspace, const std::string& base,
                                             const std::string& result) {
  update::UpdPayload out;
  out.base_sha256 = base;
  out.result_sha256 = result;
  DAY_TRY_ASSIGN(const std::string content, ReadBundle(workspace, result));
  std::string from;
  if (!base.empty()) {
    DAY_TRY_ASSIGN(from, ReadBundle(workspace, base));
  }
  out.result_size = content.size();
  const std::string file = fmt::format("payloads/{}-{}", result, base.empty() ? "whole" : base);
  const auto kept = workspace.Read(file, update::kUpdMaxBytes);
  if (kept.ok()) {
    const auto made = update::Decompress(base::AsBytes(from), base::AsBytes(*kept), content.size());
    if (made.ok() && *made == content) {
      out.compressed = *kept;
      return out;
    }
  }
  DAY_TRY_ASSIGN(out.compressed, update::Compress(base::AsBytes(from), base::AsBytes(content)));
  DAY_TRY(workspace.Write(file, base::AsBytes(out.compressed)));
  return out;
}

using Payloads = std::vector<update::UpdPayload>;

base::Result<Payloads> WholePayload(const Workspace& workspace, const std::string& sha256,
                                    const Progress& progress) {
  progress("compressing the bundle");
  DAY_TRY_ASSIGN(update::UpdPayload made, MakePayload(workspace, "", sha256));
  return Payloads{std::move(made)};
}

// From the newest releases that are another bundle, newest first.
base::Result<Payloads> DeltaPayloads(const Workspace& workspace, const LogCopy& log,
                                     const std::string& sha256, const Progress& progress) {
  Payloads deltas;
  const auto& releases = log.state().releases;
  for (auto release = releases.rbegin(); release != releases.rend(); ++release) {
    const std::string& base = release->sha256();
    const bool known = std::any_of(deltas.begin(), deltas.end(),
                                   [&](const auto& delta) { return delta.base_sha256 == base; });
    if (known || base == sha256 ||
        static_cast<std::int64_t>(deltas.size()) >= workspace.config().deltas ||
        !workspace.Has("bundles/" + base)) {
      continue;
    }
    progress(fmt::format("delta from release {}", release->statement.sequence));
    DAY_TRY_ASSIGN(update::UpdPayload delta, MakePayload(workspace, base, sha256));
    deltas.push_back(std::move(delta));
  }
  return deltas;
}

class Writer {
 public:
  Writer(const Workspace& workspace, const LogCopy& log, std::int64_t now_s)
      : workspace_(workspace), log_(log), now_s_(now_s) {}

  base::Status Prepare(const Progress& progress);
  base::Status Write(const std::string& name, std::uint64_t first, std::uint64_t hashes,
                     const std::vector<update::UpdPayload>& payloads);

  std::vector<update::UpdPayload> whole;
  std::vector<update::UpdPayload> deltas;
  std::uint64_t hashes = 0;  // leaves that the candidate accounts for
  std::vector<UpdateFile> files;

 private:
  const Workspace& workspace_;
  const LogCopy& log_;
  std::int64_t now_s_;
  std::string checkpoint_;
  std::vector<std::string> entries_;
  std::vector<tlog::Hash> leaves_;  // of entries_
  std::vector<update::UpdTufFile> tuf_files_;
};

base::Status Writer::Prepare(const Progress& progress) {
  DAY_TRY_ASSIGN(checkpoint_, log_.Checkpoint());
  DAY_TRY_ASSIGN(entries_, log_.Entries(0));
  for (const std::string& entry : entries_) {
    leaves_.push_back(tlog::LeafHash(base::AsBytes(entry)));
  }
  DAY_TRY_ASSIGN(tuf_files_, PublishedFiles(workspace_));
  DAY_TRY(update::AddProofs(leaves_, &tuf_files_));
  const update::KnownRelease* candidate = log_.state().Candidate();
  if (candidate == nullptr) {
    return base::OkStatus();
  }
  hashes = candidate->statement.log_size;
  DAY_TRY_ASSIGN(whole, WholePayload(workspace_, candidate->sha256(), progress));
  DAY_TRY_ASSIGN(deltas, DeltaPayloads(workspace_, log_, candidate->sha256(), progress));
  return base::OkStatus();
}

base::Status Writer::Write(const std::string& name, std::uint64_t first, std::uint64_t hash_end,
                           const std::vector<update::UpdPayload>& payloads) {
  update::Upd upd;
  upd.checkpoint = checkpoint_;
  upd.first_index = first;
  for (std::uint64_t i = first; i < entries_.size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (i < hash_end) {
      upd.leaf_hashes.push_back(leaves_[at]);
    } else {
      upd.entries.push_back(entries_[at]);
    }
  }
  upd.tuf_files = tuf_files_;
  upd.payloads = payloads;
  const std::string bytes = update::EncodeUpd(upd);
  // What is not good enough for an endpoint is not put in place.
  DAY_TRY_ASSIGN(const update::Upd read, update::DecodeUpd(base::AsBytes(bytes)));
  DAY_TRY_ASSIGN(const std::string policy_text, workspace_.Read("policy"));
  DAY_TRY_ASSIGN(const tlog::Policy policy, tlog::Policy::Parse(policy_text));
  DAY_TRY_ASSIGN(const std::string root, workspace_.Read("tuf/1.root.json"));
  DAY_TRY_ASSIGN(update::FollowerState start, update::StartFollowing(base::AsBytes(root)));
  const update::KnownRelease* wanted = log_.state().Candidate();
  if (first == 0) {
    const auto followed = update::Follow(policy, read, now_s_, start);
    const update::KnownRelease* release = followed.ok() ? followed->state.Candidate() : nullptr;
    const bool same = wanted == nullptr
                          ? followed.ok() && release == nullptr
                          : release != nullptr && release->sha256() == wanted->sha256();
    if (!same) {
      return MakeError(
          ErrorKind::kPermission,
          fmt::format("the newest release does not count for an endpoint that starts now{}: after "
                      "keys of the role rules were replaced, release once more (propose --again)",
                      followed.ok() ? "" : " (" + followed.error().message + ")"));
    }
  }
  for (const update::UpdPayload& payload : payloads) {
    std::string base;
    if (!payload.base_sha256.empty()) {
      DAY_TRY_ASSIGN(base, ReadBundle(workspace_, payload.base_sha256));
    }
    update::Upd alone;
    alone.payloads = {payload};
    DAY_TRY(update::TakeBundle(alone, wanted->statement, base::AsBytes(base)));
  }
  DAY_TRY(workspace_.Write("updates/" + name, base::AsBytes(bytes)));
  files.push_back({name, bytes.size()});
  return base::OkStatus();
}

}  // namespace

base::Result<update::Bundle> ReleasedBundle(const Workspace& workspace, const LogCopy& log) {
  const update::KnownRelease* candidate = log.state().Candidate();
  if (candidate == nullptr) {
    return update::Bundle{};
  }
  auto bytes = ReadBundle(workspace, candidate->sha256());
  if (!bytes.ok() && bytes.error().kind == ErrorKind::kNotFound) {
    return MakeError(ErrorKind::kNotFound,
                     fmt::format("the released bundle is not here: get updates/bundles/{}.bundle "
                                 "from a mirror and put it into bundles/{}",
                                 candidate->sha256(), candidate->sha256()));
  }
  if (!bytes.ok()) {
    return bytes.error();
  }
  return update::DecodeBundle(base::AsBytes(*bytes));
}

base::Status PrepareUpdates(const Workspace& workspace, const LogCopy& log,
                            const Proposal& proposal, const Progress& progress) {
  DAY_TRY_ASSIGN(const std::string bytes,
                 workspace.Read(proposal.File("bundle"), update::kBundleMaxBytes));
  DAY_TRY(workspace.Write("bundles/" + proposal.sha256(), base::AsBytes(bytes)));
  DAY_TRY(WholePayload(workspace, proposal.sha256(), progress));
  DAY_TRY(DeltaPayloads(workspace, log, proposal.sha256(), progress));
  return base::OkStatus();
}

base::Result<std::vector<UpdateFile>> WriteUpdates(const Workspace& workspace, const LogCopy& log,
                                                   std::int64_t now_s, const Progress& progress) {
  Writer writer(workspace, log, now_s);
  DAY_TRY(writer.Prepare(progress));
  progress("writing updates/");
  const auto entries_whole = static_cast<std::uint64_t>(workspace.config().entries_whole);
  const std::uint64_t recent = log.size() - std::min(log.size(), entries_whole);
  const auto& deltas = writer.deltas.empty() ? writer.whole : writer.deltas;
  // The newest first: who is sent on to the older full file meanwhile goes on from there later.
  DAY_TRY(writer.Write("latest.upd", recent, 0, deltas));
  DAY_TRY(writer.Write("catchup.upd", 0, writer.hashes, deltas));
  DAY_TRY(writer.Write("full.upd", 0, writer.hashes, writer.whole));
  DAY_TRY_ASSIGN(const std::string policy, workspace.Read("policy"));
  DAY_TRY(workspace.Write("updates/policy", base::AsBytes(policy)));
  return writer.files;
}

}  // namespace day::network::release
