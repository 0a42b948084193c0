// The TUF metadata of a workspace: who may sign what, and changing that.
//
// A change is a list of operations and a time, from which the new metadata follows
// deterministically, and the signatures that were collected. It lives in change.json until all
// thresholds are reached; then its files are put in place (through metadata-files.json, so that an
// interruption at any point is made good by the next run). Thread safety: one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/tuf/metadata.h"
#include "libs/tuf/repository.h"
#include "libs/update/upd.h"
#include "network/release/signing.h"
#include "network/release/workspace.h"

namespace day::network::release {

struct ChangeStep {
  enum class Kind : std::uint8_t {
    kDelegate,
    kAddKey,
    kRemoveKey,
    kThreshold,
    kTouch,
    kRules,
    kPolicy
  };
  Kind kind = Kind::kTouch;
  std::string role;
  std::string text;  // the public key (PEM), the key's identifier, the release rules, the policy
  std::int64_t number = 1;  // threshold
  bool operator==(const ChangeStep&) const = default;
};

struct MetadataChange {
  std::int64_t time_s = 0;
  std::string reason;
  std::vector<ChangeStep> steps;
  std::vector<PartSignature> signatures;
  bool operator==(const MetadataChange&) const = default;
};

std::string WriteChange(const MetadataChange& change);
base::Result<MetadataChange> ParseChange(std::string_view text);

// Who may sign as a role.
struct Authority {
  tuf::Keys keys;
  tuf::RoleKeys role;
};

class Metadata {
 public:
  // The published metadata; that of a new workspace is empty. Puts files in place that an
  // interrupted run left over. Errors: kMalformed, kPermission if it is damaged.
  static base::Result<Metadata> Load(const Workspace& workspace);

  // Errors: kNotFound.
  base::Result<Authority> FindAuthority(std::string_view role) const;
  // The signed release rules. Errors: kPermission if rules.json is not what was signed.
  base::Result<ReleaseRules> Rules(const Workspace& workspace) const;
  const tuf::Repository& repository() const { return repository_; }

 private:
  tuf::Repository repository_;
};

// Begins a change. Errors: kInvalidUse if one is pending; those of the steps.
base::Status BeginChange(const Workspace& workspace, const MetadataChange& change);
base::Result<SigningRequest> ChangeRequest(const Workspace& workspace);
// What is missing after adding these; if nothing is, the change is made and change.json goes.
struct ChangeState {
  std::vector<tuf::MissingSignatures> missing;
  std::vector<std::string> files;  // put in place
};
// Errors: kNotFound if there is no change; kPermission for a signature that is none.
base::Result<ChangeState> AddChangeSignatures(const Workspace& workspace,
                                              const std::vector<PartSignature>& signatures);

// The files of the published metadata that an endpoint needs: all roots; the newest timestamp,
// snapshot and targets.
base::Result<std::vector<update::UpdTufFile>> PublishedFiles(const Workspace& workspace);

}  // namespace day::network::release
