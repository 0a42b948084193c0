// Workspace: the folder of an analyst team, and its configuration.
//
//   release.json    how to reach the log, the roll-out curve, sizes of the update files
//   policy          which log and witnesses to believe (tlog-policy)
//   rules.json      what a release needs beyond a role's threshold; its hash is signed in the TUF
//                   metadata
//   keys/           NAME.pem private keys (PKCS #8, mode 0600), NAME.pub public keys
//   tuf/            the published metadata     change.json  a change of it that is being signed
//   log/            a verified copy of the log, and what its entries mean
//   proposals/ID/   one proposed release       notices/ID/  a halt, recall, ...
//   bundles/        signed bundles by hash     updates/     what endpoints fetch; any web server
//
// Files are replaced atomically and durably. One process works on a workspace at a time.
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/os/fd.h"
#include "libs/update/statement.h"

namespace day::network::release {

struct LogAddress {
  // Either these: where to read, and where entries are posted to (POST submit/add) ...
  std::string url;
  std::string submit_url;
  // ... or these: the folder of a log on this machine and its key, for `daylight-node append`.
  std::string folder;
  std::string key_path;
};

struct Config {
  LogAddress log;
  std::vector<update::RolloutStep> rollout = {{1, 0}, {10, 3600}, {100, 21'600}};
  std::int64_t entries_whole = 128;  // the newest entries of the log that latest.upd holds
  std::int64_t deltas = 8;           // earlier releases from which there is a delta
};

// What every release needs besides signatures. Signed by the role "targets".
struct ReleaseRules {
  std::int64_t reviews = 1;            // acceptances by others than the author
  std::int64_t cost_percent_max = 20;  // of the time of all rules, that one may take
  std::int64_t false_alarms_max = 0;   // over the known-good files
};

base::Result<Config> ParseConfig(std::string_view text);
std::string WriteConfig(const Config& config);
base::Result<ReleaseRules> ParseReleaseRules(std::string_view text);
std::string WriteReleaseRules(const ReleaseRules& rules);

// "1:0,10:3600,100:21600". Errors: kInvalidUse.
base::Result<std::vector<update::RolloutStep>> ParseRollout(std::string_view text);

constexpr std::string_view kReleaseRulesTarget = "release/rules.json";

class Workspace {
 public:
  // Locks the folder, removes what a killed process left unfinished, and reads the configuration.
  // Errors: kNotFound if it is no workspace, kTimeout if another process works on it, kMalformed.
  static base::Result<Workspace> Open(const std::string& folder);
  // A new one. Errors: kInvalidUse if there is something in the folder that is in the way.
  static base::Result<Workspace> Create(const std::string& folder, const Config& config,
                                        const ReleaseRules& rules, std::string_view policy);

  const Config& config() const { return config_; }
  std::string Path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  bool Has(std::string_view name) const;
  // Errors: as os::ReadFile().
  base::Result<std::string> Read(std::string_view name,
                                 std::uint64_t size_max_bytes = 64u << 20) const;
  // Makes folders as needed. Durable when it returns.
  base::Status Write(std::string_view name, base::Bytes bytes, std::uint32_t mode = 0644) const;
  base::Status Erase(std::string_view name) const;
  // The names in a folder of the workspace, sorted; empty if there is no such folder.
  std::vector<std::string> List(std::string_view folder) const;

 private:
  Workspace(std::string folder, os::Fd lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}

  std::string folder_;
  os::Fd lock_;
  Config config_;
};

}  // namespace day::network::release
