// Which rules and signatures a scan uses, loaded: what every subcommand that scans needs first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "endpoint/cli/scan_writer.h"
#include "endpoint/scan/database.h"
#include "endpoint/scan/pool.h"
#include "libs/base/result.h"

namespace day::endpoint::cli {

// A string variable of the rules, for declarations that have no value yet.
workerproto::External TextExternal(std::string name);

// The external variables that the engine sets for every object (filename, filepath, ...).
std::vector<workerproto::External> StandardExternals();

// Where the rules that ship with Daylight are: beside the build tree's sources or where they were
// installed. Errors: kNotFound, with the places that were looked at.
base::Result<std::string> FindShippedRules();

// The folder of caches and the key, or why there is none.
struct CacheHome {
  std::string folder;
  scan::UserKey key{};
  std::unique_ptr<scan::ArtifactCache> artifacts;
};
base::Result<std::unique_ptr<CacheHome>> OpenCacheHome();

struct DatabaseChoice {
  std::vector<std::string> rules;  // empty: those of the last update or the shipped ones, unless
                                   // there are signatures
  std::vector<std::string> signatures;    // files and folders, ClamAV's with their YARA rules too
  std::vector<std::string> certificates;  // for signatures beside ClamAV's containers
};

struct LoadedDatabase {
  scan::DatabaseFiles files;
  crypto::Sha256Digest id{};  // of the content of both
  bool uses_magic = false;
  bool is_release = false;  // of the last update: verified, nothing added
  DatabaseFacts facts;
};

// The files of a database in the order in which a worker has to read them. Errors: as
// scan::FindSignatureFiles().
base::Result<std::vector<std::string>> FindSources(const std::vector<std::string>& signatures,
                                                   const std::vector<std::string>& certificates);

// Compiles or takes from the cache; prints diagnostics of rules to standard error. `home` may be
// null. Errors: printed and returned; the message is for a person.
base::Result<LoadedDatabase> LoadDatabase(const DatabaseChoice& choice,
                                          const scan::WorkerOptions& worker, const CacheHome* home);

}  // namespace day::endpoint::cli
