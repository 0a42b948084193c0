// The commands of daylight-release, one function each; cli.cc reads the command line for them.
//
// Results go to standard output (with --json: one object), progress and errors to standard error.
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "network/release/keys.h"
#include "network/release/workspace.h"

namespace day::network::release {

struct Options {
  std::string workspace = ".";
  std::string program_folder;
  std::int64_t time_s = 0;  // 0: the system's clock
  bool json = false;
  bool quiet = false;
  core::PassphraseSource passphrase{.file = "", .variable = "DAYLIGHT_RELEASE_PASSPHRASE"};
  bool no_passphrase = false;  // new keys are not encrypted

  // What the command is about: a folder, a proposal, a hash.
  std::string subject;
  std::string name;  // of the author or analyst
  std::string reason;
  std::vector<std::string> keys;  // files, or URIs of keys in tokens

  // keygen, pubkey
  std::string token;  // URI of the key to be made
  bool p256 = false;
  std::string out;
  // init
  LogAddress log;
  std::string policy;
  std::vector<std::string> role_sizes;   // "rules=2/4"
  std::vector<std::string> public_keys;  // "rules=FILE"
  std::int64_t removal_threshold = 3;
  bool demo = false;
  // engine
  std::vector<std::string> files;
  std::string version;
  // propose
  std::string rollout;
  bool emergency = false;
  bool again = false;
  // test
  std::string fixtures;
  std::vector<std::string> known_good;
  bool no_known_good = false;
  // review
  std::string decision;
  std::string rule;
  // sign
  std::string despite;
  std::string export_file;
  std::string import_file;
  std::string request_file;
  std::string answer_file;
  // publish
  bool only_updates = false;
  std::uint32_t wait_ms = 60'000;
  // rotate
  bool refresh = false;
  std::string role;
  std::vector<std::string> add_keys;     // public key files
  std::vector<std::string> remove_keys;  // public key files
  std::string new_key;
  std::int64_t threshold = 0;
  std::string rules_file;
  // log
  bool offline = false;
};

base::Status RunKeygen(const Options& options);
base::Status RunPubkey(const Options& options);
base::Status RunInit(const Options& options);
base::Status RunPropose(const Options& options);
base::Status RunTest(const Options& options);
base::Status RunReview(const Options& options);
base::Status RunSign(const Options& options);
base::Status RunPublish(const Options& options);
base::Status RunStop(const Options& options, bool recall);
base::Status RunEngine(const Options& options);
base::Status RunSay(const Options& options);
base::Status RunRotate(const Options& options);
base::Status RunLog(const Options& options);
base::Status RunStatus(const Options& options);

}  // namespace day::network::release
