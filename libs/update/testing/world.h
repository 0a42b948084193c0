// A whole world for tests: a log with its key, three witnesses of which two are needed, a TUF
// repository with its roles and keys, bundles, and the `.upd` files that come out of it. Everything
// is made from fixed seeds: the same calls give the same bytes.
//
//   World world;
//   world.Release({{"a.yar", "rule a { condition: false }"}});
//   const Upd upd = world.MakeUpd();
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libs/crypto/signature.h"
#include "libs/tlog/note.h"
#include "libs/tlog/policy.h"
#include "libs/tuf/repository.h"
#include "libs/update/bundle.h"
#include "libs/update/dsse.h"
#include "libs/update/statement.h"
#include "libs/update/upd.h"

namespace day::update::testing {

constexpr std::int64_t kStart = 1'800'000'000;
// The log begins with the metadata: 1.root.json, 1.targets.json.
constexpr std::uint64_t kFirst = 2;

// Who signs: numbers of test keys. "rules" needs two of kRulesKeys, "halt" one of kHaltKeys, ...
constexpr int kRootKey = 1, kTargetsKey = 2, kOnlineKey = 3;
inline const std::vector<int> kRulesKeys = {11, 12, 13};  // also of "removals", which needs three
inline const std::vector<int> kHaltKeys = {21, 22};
inline const std::vector<int> kRebuildKeys = {31};

const crypto::PrivateKey& WorldKey(int number);
tlog::SignerKey WorldSigner(const std::string& name, tlog::KeyKind kind);

class World {
 public:
  // TUF version 1 of everything, logged. `start` is the world's first second.
  explicit World(std::int64_t start = kStart);

  // The first root, which endpoints trust.
  const std::string& root_json() const;
  std::string policy_text() const;
  tlog::Policy policy() const { return tlog::Policy::Parse(policy_text()).value(); }

  // An entry as its role would sign it; `keys` sign.
  static std::string Entry(const Statement& statement, const std::vector<int>& keys);
  void Append(std::string entry) { entries.push_back(std::move(entry)); }

  // Releases the next bundle: appends its statement, signed by two of kRulesKeys. The statement may
  // be changed before it is signed.
  Statement NextRelease(const std::map<std::string, std::string>& files);
  void Release(const std::map<std::string, std::string>& files) {
    Append(Entry(NextRelease(files), {11, 12}));
  }
  void Stop(StatementKind kind, const std::string& sha256, const std::string& text,
            const std::vector<int>& keys);

  // New timestamp and snapshot, as the repository makes them from time to time.
  void TouchMetadata();
  tuf::Repository& repository() { return repository_; }
  // Signs what was changed and logs it, the latter unless told otherwise.
  enum class Log : std::uint8_t { kNo, kYes };
  void PublishMetadata(const std::vector<int>& keys, Log log = Log::kYes);

  // The checkpoint of the first `size` entries, cosigned by these witnesses ("w1", "w2", "w3").
  std::string Checkpoint(std::uint64_t size, const std::vector<std::string>& witnesses) const;
  std::string Checkpoint() const { return Checkpoint(entries.size(), {"w1", "w2"}); }

  // Everything from `first` on, of it `hashes` leaves as hashes only; the newest bundle whole, and
  // as a delta from each earlier one.
  Upd MakeUpd(std::uint64_t first = 0, std::uint64_t hashes = 0) const;

  std::vector<std::string> entries;
  std::vector<std::string> bundles;  // as bytes, in the order of releases
  std::vector<Statement> releases;
  std::int64_t now_s;

 private:
  tuf::Repository repository_;
  std::vector<UpdTufFile> tuf_files_;
};

}  // namespace day::update::testing
