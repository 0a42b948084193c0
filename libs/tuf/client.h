// The client workflow of TUF 1.0.34 (section 5): from a root that is trusted to metadata that is,
// and to what a target must be.
//
//   Client client(source, store, now, ClientLimits{});
//   DAY_TRY(client.Refresh());
//   DAY_TRY_ASSIGN(const TargetInfo target, client.FindTarget("rules/all.bundle"));
//   ... fetch target.url_path, at most target.file.length bytes; then VerifyTarget(bytes, target)
//
// It does no input or output of its own: bytes come from a MetadataSource (a mirror, a file, a
// test) and a MetadataStore (what was trusted before), the time is given and stays fixed. Metadata
// is stored byte for byte as it was received, and only after it was verified. Whatever the source
// does, the store holds nothing older than it did, but for the recovery that a new root orders by
// replacing keys (5.3.11). A delegated role is verified against the delegator that leads to it on
// every search, cached or not: what one delegator vouches for does not count for another. Thread
// safety: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/tuf/metadata.h"

namespace day::tuf {

// Where new metadata comes from. Paths are relative, percent-encoded, without a leading slash.
class MetadataSource {
 public:
  virtual ~MetadataSource() = default;
  // At most size_max_bytes bytes. Errors: kNotFound if there is no such file; others as they come.
  virtual base::Result<std::string> Fetch(const std::string& path,
                                          std::uint64_t size_max_bytes) = 0;
};

// What is trusted. File names hold no slashes and end in ".json".
class MetadataStore {
 public:
  virtual ~MetadataStore() = default;
  // Errors: kNotFound; others as they come.
  virtual base::Result<std::string> Read(const std::string& file, std::uint64_t size_max_bytes) = 0;
  // Must be durable before it returns, or the protection against rollback is as weak as it.
  virtual base::Status Write(const std::string& file, base::Bytes bytes) = 0;
  // Fine if there is none.
  virtual base::Status Erase(const std::string& file) = 0;
};

struct ClientLimits {
  std::uint64_t root_max_bytes = 512'000;
  std::uint64_t timestamp_max_bytes = 16'384;
  std::uint64_t snapshot_max_bytes = 2'000'000;
  std::uint64_t targets_max_bytes = 5'000'000;
  std::uint32_t roots_max = 1024;    // new roots in one refresh
  std::uint32_t delegated_max = 32;  // roles visited in one search
};

struct TargetInfo {
  std::string path;  // as the metadata names it
  TargetFile file;
  std::string
      url_path;  // relative to where targets are, encoded, with the hash if there is to be one
};

class Client {
 public:
  // `source` and `store` outlive the client. `now` is the time of the whole update (5.1).
  Client(MetadataSource* source, MetadataStore* store, Time now, const ClientLimits& limits)
      : source_(source), store_(store), now_(now), limits_(limits) {}

  // Makes `root` the trusted one of a new store, after checking that it is signed by its own keys.
  // Errors: as of parsing; kPermission.
  static base::Status Init(MetadataStore* store, base::Bytes root, const ClientLimits& limits);

  // Updates the four top roles. What was accepted before an error stays stored. Errors: kPermission
  // for what is wrongly signed, older than known, other than announced or expired; kMalformed,
  // kLimit, kUnsupported; the source's and the store's.
  base::Status Refresh();

  // Searches the targets metadata, depth first in the order of delegations (5.6.7), fetching
  // delegated roles as needed. REQUIRES: Refresh() succeeded. Errors: kNotFound if no role names
  // the target; as Refresh().
  base::Result<TargetInfo> FindTarget(std::string_view path);

  // The keys of a role: of "root", ..., or one that the top targets role delegates to. REQUIRES:
  // Refresh() succeeded. Errors: kNotFound; as Refresh().
  struct Authority {
    Keys keys;
    RoleKeys role;
  };
  base::Result<Authority> FindAuthority(std::string_view role);

  // REQUIRES: Refresh() succeeded.
  const Root& root() const { return *root_; }
  const Timestamp& timestamp() const { return *timestamp_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  const Targets& targets() const { return *targets_; }

 private:
  struct Delegator {
    const Keys* keys;
    const RoleKeys* role;
  };

  base::Status LoadRoot();
  base::Status UpdateRoot();
  base::Status AcceptRoot(const std::string& bytes);
  base::Status UpdateTimestamp();
  base::Result<Timestamp> ReadTimestamp(const std::string& bytes) const;
  base::Status UpdateSnapshot();
  base::Result<Snapshot> ReadSnapshot(const std::string& bytes) const;
  base::Status CheckSnapshotAgainst(const Snapshot& older, const Snapshot& newer) const;
  base::Result<Targets> LoadTargets(const std::string& role, const Delegator& delegator);
  base::Result<Targets> ReadTargets(const std::string& role, const std::string& bytes,
                                    const MetaFile& meta, const Delegator& delegator) const;
  base::Status CheckExpiry(const Common& common, std::string_view what) const;
  std::string Versioned(const std::string& role, std::int64_t version) const;
  TargetInfo MakeTargetInfo(std::string_view path, const TargetFile& file) const;

  MetadataSource* source_;
  MetadataStore* store_;
  Time now_;
  ClientLimits limits_;
  std::optional<Root> root_;
  std::optional<Timestamp> timestamp_;
  std::optional<Snapshot> snapshot_;
  std::optional<Targets> targets_;  // the top role's
};

// The name under which a role's metadata is stored, or served without a version: percent-encoded,
// so that no role can name another folder.
std::string RoleFileName(std::string_view role);
// A name without slashes for a downloaded target; a hash of it if it would be too long.
std::string TargetFileName(std::string_view target_path);

// Errors: kPermission if length or hashes are others, kUnsupported if no hash is known.
base::Status VerifyTarget(base::Bytes bytes, const TargetInfo& target);

}  // namespace day::tuf
