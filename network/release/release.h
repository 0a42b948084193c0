// Releasing: what analysts do, one step a function, everything in one folder.
//
//   network.json          the log's addresses
//   policy                its key and its witnesses (tlog-policy, with a quorum)
//   tuf/                  the TUF repository: who may sign what
//   online.pem            the key of snapshot and timestamp: they say "nothing changed", no more
//   releases/N.bundle     every bundle that was published
//   proposals/NAME/       a change that collects signatures: `envelope`, and `bundle` for a release
//   mirror/               latest.upd and full.upd, for any web server
//
// No private key but the online one is kept here: signers bring theirs, on any machine that has the
// folder. Before anything is written to the mirror, the same code that endpoints run has accepted
// it. Thread safety: one thread; one process a folder.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/update/bundle.h"
#include "libs/update/dsse.h"
#include "libs/update/follower.h"

namespace day::network::release {

// A role and who may speak for it.
struct RoleSpec {
  std::string name;
  std::int64_t threshold = 1;
  std::vector<crypto::PublicKey> keys;
};

struct InitOptions {
  std::string log_url;
  std::string submit_url;
  std::string policy;
  std::vector<RoleSpec> roles;                 // root, targets, rules, halt, ...
  std::vector<crypto::PrivateKey> signers;     // enough of each role: all metadata begins signed
  const crypto::PrivateKey* online = nullptr;  // of snapshot and timestamp
  std::string online_pem;                      // the same, encrypted, to be kept in the folder
};

struct ProposeOptions {
  std::string name;
  std::string rules_folder;
  std::vector<update::RolloutStep> rollout;
  bool emergency = false;
};

// What a proposal says and how far it is.
struct ProposalReport {
  update::Statement statement;
  std::int64_t signers = 0;
  std::int64_t threshold = 0;
  // Files against the last release.
  std::vector<std::string> added, changed, removed;
};

struct PublishReport {
  std::uint64_t index = 0;
  std::uint64_t log_size = 0;
  std::uint64_t full_bytes = 0;
  std::uint64_t latest_bytes = 0;
};

class ReleaseFolder {
 public:
  explicit ReleaseFolder(std::string folder) : folder_(std::move(folder)) {}

  // Errors: kInvalidUse if the folder has a network already, or a policy without a quorum;
  // kPermission if signatures are missing.
  base::Status Init(const InitOptions& options, std::int64_t now_s) const;

  // Errors: kInvalidUse for a name that exists or is none; kNotFound if the folder has no rules;
  // the log's.
  base::Result<ProposalReport> Propose(const ProposeOptions& options, std::int64_t now_s) const;
  // A halt or a recall of a published release. Errors: likewise; kNotFound for the release.
  base::Result<ProposalReport> ProposeStop(const std::string& name, update::StatementKind kind,
                                           std::int64_t sequence, const std::string& reason,
                                           std::int64_t now_s) const;
  base::Result<ProposalReport> Review(const std::string& name) const;
  // Errors: kPermission if the key is none of the role's.
  base::Result<ProposalReport> Sign(const std::string& name, const crypto::PrivateKey& key) const;
  // Errors: kPermission while signatures are missing; the log's; kInternal if an endpoint would
  // refuse the result.
  base::Result<PublishReport> Publish(const std::string& name, const crypto::PrivateKey& online,
                                      std::int64_t now_s) const;
  // Fresh metadata and cosignatures in mirror/, without a new entry.
  base::Result<PublishReport> Refresh(const crypto::PrivateKey& online, std::int64_t now_s) const;
  // Every entry of the log as an endpoint judges it.
  base::Result<std::vector<update::EntryReport>> Log(std::int64_t now_s) const;

  std::string online_path() const { return folder_ + "/online.pem"; }

 private:
  struct World;
  base::Result<World> ReadWorld(std::uint64_t size_min, std::int64_t now_s) const;
  base::Result<update::DsseEnvelope> ReadProposal(const std::string& name) const;
  base::Status WriteProposal(const std::string& name, const update::DsseEnvelope& envelope) const;
  base::Status NewProposal(const std::string& name, const update::Statement& statement) const;
  base::Result<PublishReport> WriteMirror(const crypto::PrivateKey& online, std::uint64_t size_min,
                                          std::int64_t now_s) const;

  std::string folder_;
};

}  // namespace day::network::release
