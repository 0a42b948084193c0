// A repository that a test can lead astray: every value can be changed, every signature left out,
// and the client's requests are counted.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libs/tuf/client.h"
#include "libs/tuf/metadata.h"

namespace day::tuf::testing {

constexpr Time kNow = 1'800'000'000;
constexpr Time kDay = 86'400;

// The same key for the same number, always.
const crypto::PrivateKey& TestKey(int number);

class MemoryStore : public MetadataStore {
 public:
  base::Result<std::string> Read(const std::string& file, std::uint64_t size_max_bytes) override;
  base::Status Write(const std::string& file, base::Bytes bytes) override;
  base::Status Erase(const std::string& file) override;

  // The version of a stored role; 0 if there is none.
  std::int64_t Version(const std::string& role) const;
  // "root 1, targets 2": every stored file in order.
  std::string Summary() const;

  std::map<std::string, std::string> files;
};

class Simulator : public MetadataSource {
 public:
  // Publishes version 1 of the four top roles, each with one key of its own.
  Simulator();

  base::Result<std::string> Fetch(const std::string& path, std::uint64_t size_max_bytes) override;

  // Gives a role of root (or, with a delegator, a delegated role) one more key, made on the spot.
  void AddKey(const std::string& role, const std::string& delegator = "root");
  // Replaces all keys of a top role.
  void RotateKeys(const std::string& role);
  void Delegate(const std::string& delegator, const std::string& role,
                std::vector<std::string> paths, bool terminating = false);
  void AddTarget(const std::string& role, const std::string& path, const std::string& content);
  // Raises the version of each role (but the first time), signs it with signers[role] and serves
  // it. Snapshot and timestamp follow what was published before them.
  void Publish(const std::vector<std::string>& roles);
  // Signs the role as it stands and returns the bytes without serving them.
  std::string SignedBytes(const std::string& role) const;

  RoleKeys& KeysOf(const std::string& role);

  Root root;
  Timestamp timestamp;
  Snapshot snapshot;
  std::map<std::string, Targets> targets;
  std::map<std::string, std::vector<int>> signers;         // numbers of test keys, by role
  std::map<std::string, std::vector<std::string>> served;  // versions of each role, from 1 on
  std::map<std::string, std::string> contents;             // of targets, by path
  bool with_hashes = false;                                // in snapshot and timestamp
  std::vector<std::string> requests;

 private:
  Common& CommonOf(const std::string& role);
  MetaFile MetaOf(const std::string& role, const std::string& bytes);

  int next_key_ = 1;
};

}  // namespace day::tuf::testing
