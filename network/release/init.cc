// init and rotate: who may sign what; keygen and pubkey.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "libs/os/file.h"
#include "libs/tlog/policy.h"
#include "network/core/key_file.h"
#include "network/release/commands.h"
#include "network/release/fields.h"
#include "network/release/metadata.h"
#include "network/release/output.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;
using wire::Json;

struct RoleSize {
  std::int64_t threshold = 1;
  std::int64_t keys = 1;
};

std::map<std::string, RoleSize> DefaultSizes(bool demo) {
  if (demo) {
    return {{"root", {2, 3}},   {"targets", {2, 3}}, {"rules", {2, 3}}, {"halt", {1, 2}},
            {"engine", {2, 3}}, {"rebuild", {1, 1}}, {"online", {1, 1}}};
  }
  return {{"root", {3, 5}},   {"targets", {2, 3}}, {"rules", {2, 4}}, {"halt", {1, 3}},
          {"engine", {2, 3}}, {"rebuild", {1, 1}}, {"online", {1, 1}}};
}

bool ReadNumber(std::string_view text, std::int64_t* out) {
  const auto done = std::from_chars(text.data(), text.data() + text.size(), *out);
  return done.ec == std::errc() && done.ptr == text.data() + text.size();
}

// "rules=2/4".
base::Status ReadSize(const std::string& text, std::map<std::string, RoleSize>* sizes) {
  const std::size_t equals = text.find('=');
  const std::size_t slash = text.find('/');
  const std::string role = text.substr(0, equals);
  RoleSize size;
  const bool good = equals != std::string::npos && slash != std::string::npos && slash > equals &&
                    sizes->contains(role) &&
                    ReadNumber(text.substr(equals + 1, slash - equals - 1), &size.threshold) &&
                    ReadNumber(text.substr(slash + 1), &size.keys) && size.threshold >= 1 &&
                    size.keys >= size.threshold && size.keys <= 50;
  if (!good) {
    return MakeError(ErrorKind::kInvalidUse,
                     text +
                         ": --role is ROLE=SIGNATURES/KEYS, such as rules=2/4; the roles are "
                         "root, targets, rules, halt, engine, rebuild and online");
  }
  (*sizes)[role] = size;
  return base::OkStatus();
}

base::Result<std::string> ReadPublicKey(const std::string& path) {
  DAY_TRY_ASSIGN(const std::string pem, os::ReadFile(path, 64 * 1024));
  const auto key = crypto::PublicKey::FromPem(pem);
  if (!key.ok()) {
    return MakeError(key.error().kind, path + ": " + key.error().message);
  }
  return key->ToPem();
}

// A policy that endpoints can follow.
base::Result<std::string> ReadPolicy(const std::string& path) {
  DAY_TRY_ASSIGN(std::string text, os::ReadFile(path, tlog::kPolicyBytesMax));
  DAY_TRY_ASSIGN(const tlog::Policy policy, tlog::Policy::Parse(text));
  if (policy.quorum_is_none() || policy.logs().empty()) {
    return MakeError(ErrorKind::kInvalidUse,
                     path +
                         ": names no log, or its quorum is none; endpoints follow only a log that "
                         "witnesses have seen");
  }
  return text;
}

// Whether the key is one of the role.
bool Lists(const Metadata& metadata, std::string_view role, const crypto::PublicKey& key) {
  const auto authority = metadata.FindAuthority(role);
  return authority.ok() && std::count(authority->role.key_ids.begin(),
                                      authority->role.key_ids.end(), KeyIdOf(key)) > 0;
}

void AddKeySteps(const std::string& role, const std::string& pem, MetadataChange* change) {
  if (role == "online") {
    for (const char* top : {"timestamp", "snapshot"}) {
      change->steps.push_back({ChangeStep::Kind::kAddKey, top, pem, 1});
    }
    return;
  }
  change->steps.push_back({ChangeStep::Kind::kAddKey, role, pem, 1});
  if (role == "rules") {  // the same people, more of them
    change->steps.push_back({ChangeStep::Kind::kAddKey, "removals", pem, 1});
  }
}

std::vector<std::string> MissingLines(const ChangeState& state) {
  std::vector<std::string> lines;
  for (const tuf::MissingSignatures& missing : state.missing) {
    lines.push_back(fmt::format("{}{}: {} of {} signatures", missing.role,
                                missing.by_old_root ? " (by the old root's keys)" : "",
                                missing.have, missing.need));
  }
  return lines;
}

void ShowChange(const Options& options, const ChangeState& state, std::vector<std::string> lines) {
  Json json = Json::Object();
  json.Set("done", Json::Bool(state.missing.empty()));
  json.Set("missing", JsonTexts(MissingLines(state)));
  if (!state.missing.empty()) {
    lines.push_back("still missing (daylight-release sign change --key FILE, or --export):");
    for (const std::string& line : MissingLines(state)) {
      lines.push_back("  " + line);
    }
  }
  Show(options, lines, json);
}

struct InitKeys {
  Signers here;
  std::size_t elsewhere = 0;
};

base::Result<InitKeys> MakeKeys(const Options& options, const Workspace& workspace,
                                const std::map<std::string, RoleSize>& sizes,
                                MetadataChange* change) {
  InitKeys out;
  std::map<std::string, std::vector<std::string>> given;
  for (const std::string& text : options.public_keys) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || !sizes.contains(text.substr(0, equals))) {
      return MakeError(ErrorKind::kInvalidUse, text + ": --public is ROLE=FILE");
    }
    given[text.substr(0, equals)].push_back(text.substr(equals + 1));
  }
  std::string passphrase;
  for (const auto& [role, size] : sizes) {
    std::int64_t number = 1;
    for (const std::string& path : given[role]) {
      DAY_TRY_ASSIGN(const std::string pem, ReadPublicKey(path));
      DAY_TRY(workspace.Write(fmt::format("keys/{}-{}.pub", role, number), base::AsBytes(pem)));
      AddKeySteps(role, pem, change);
      ++out.elsewhere;
      ++number;
    }
    for (; given[role].empty() && number <= size.keys; ++number) {
      if (passphrase.empty() && !options.no_passphrase) {
        DAY_TRY_ASSIGN(passphrase, core::GetPassphrase(options.passphrase, "the new keys",
                                                       core::AskTwice::kYes));
      }
      DAY_TRY_ASSIGN(crypto::PrivateKey key,
                     MakeKey(workspace, fmt::format("{}-{}", role, number), passphrase));
      AddKeySteps(role, key.public_key().ToPem(), change);
      out.here.push_back(std::make_unique<crypto::PrivateKey>(std::move(key)));
    }
  }
  return out;
}

base::Result<ChangeState> SignChangeWith(const Workspace& workspace, const Signers& keys) {
  DAY_TRY_ASSIGN(const SigningRequest request, ChangeRequest(workspace));
  std::vector<PartSignature> all;
  for (const auto& key : keys) {
    DAY_TRY_ASSIGN(const auto some, SignParts(request.parts, *key));
    all.insert(all.end(), some.begin(), some.end());
  }
  return AddChangeSignatures(workspace, all);
}

// What the command line says about the keys and the threshold of one role.
base::Status AddRoleSteps(const Options& options, const Workspace& workspace,
                          const Metadata& metadata, MetadataChange* change) {
  const bool about_role = !options.add_keys.empty() || !options.remove_keys.empty() ||
                          !options.new_key.empty() || options.threshold > 0;
  if (about_role && options.role.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "whose keys? Give --role ROLE");
  }
  for (const std::string& path : options.add_keys) {
    DAY_TRY_ASSIGN(const std::string pem, ReadPublicKey(path));
    AddKeySteps(options.role, pem, change);
  }
  if (!options.new_key.empty()) {
    std::string passphrase;
    if (!options.no_passphrase) {
      DAY_TRY_ASSIGN(passphrase,
                     core::GetPassphrase(options.passphrase, "the new key", core::AskTwice::kYes));
    }
    DAY_TRY_ASSIGN(const crypto::PrivateKey key, MakeKey(workspace, options.new_key, passphrase));
    AddKeySteps(options.role, key.public_key().ToPem(), change);
  }
  for (const std::string& path : options.remove_keys) {
    DAY_TRY_ASSIGN(const std::string pem, ReadPublicKey(path));
    DAY_TRY_ASSIGN(const crypto::PublicKey key, crypto::PublicKey::FromPem(pem));
    std::vector<std::string> roles = {options.role};
    if (options.role == "online") {
      roles = {"timestamp", "snapshot"};
    } else if (options.role == "rules" && Lists(metadata, "removals", key)) {
      roles.push_back("removals");
    }
    for (const std::string& role : roles) {
      change->steps.push_back({ChangeStep::Kind::kRemoveKey, role, KeyIdOf(key), 1});
    }
  }
  if (options.threshold > 0) {
    change->steps.push_back({ChangeStep::Kind::kThreshold, options.role, "", options.threshold});
  }
  return base::OkStatus();
}

}  // namespace

base::Status RunKeygen(const Options& options) {
  const std::string& path = options.subject;
  for (const std::string& file : {path, path + ".pub"}) {
    const bool unused = file == path && !options.token.empty();
    if (!unused && os::StatPath(file, os::Symlinks::kRefuse).ok()) {
      return MakeError(ErrorKind::kInvalidUse, file + " exists already");
    }
  }
  const crypto::KeyType type =
      options.p256 ? crypto::KeyType::kEcdsaP256 : crypto::KeyType::kEd25519;
  std::string made;
  crypto::PublicKey public_key;
  if (!options.token.empty()) {
    DAY_TRY_ASSIGN(const pkcs11::Uri uri, pkcs11::ParseUri(options.token));
    DAY_TRY_ASSIGN(public_key, TokensOfTerminal().MakeKey(uri, type));
    made = pkcs11::UriName(uri) + " in the token";
  } else {
    std::string passphrase;
    if (!options.no_passphrase) {
      DAY_TRY_ASSIGN(passphrase,
                     core::GetPassphrase(options.passphrase, "the new key", core::AskTwice::kYes));
    }
    DAY_TRY_ASSIGN(const crypto::PrivateKey key, crypto::PrivateKey::Generate(type));
    DAY_TRY_ASSIGN(const std::string pem, key.ToPem(passphrase));
    DAY_TRY(os::WriteFileAtomic(path, base::AsBytes(pem), 0600, os::Durability::kCrashOfMachine));
    public_key = key.public_key();
    made = path;
  }
  DAY_TRY(os::WriteFileAtomic(path + ".pub", base::AsBytes(public_key.ToPem()), 0644,
                              os::Durability::kCrashOfMachine));
  Json json = Json::Object();
  json.Set("keyid", Json::Text(KeyIdOf(public_key)));
  Show(options, {"made " + made + " and " + path + ".pub"}, json);
  return base::OkStatus();
}

base::Status RunPubkey(const Options& options) {
  crypto::PublicKey key;
  if (pkcs11::IsUri(options.subject)) {
    DAY_TRY_ASSIGN(const pkcs11::Uri uri, pkcs11::ParseUri(options.subject));
    DAY_TRY_ASSIGN(key, TokensOfTerminal().FindPublicKey(uri));
  } else {
    DAY_TRY_ASSIGN(const crypto::PrivateKey pair,
                   core::LoadPemKeyFile(options.subject, options.passphrase));
    key = pair.public_key();
  }
  const std::string pem = key.ToPem();
  Json json = Json::Object();
  json.Set("keyid", Json::Text(KeyIdOf(key)));
  json.Set("pem", Json::Text(pem));
  if (options.out.empty()) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < pem.size(); at += lines.back().size() + 1) {
      lines.push_back(pem.substr(at, pem.find('\n', at) - at));
    }
    Show(options, lines, json);
    return base::OkStatus();
  }
  if (os::StatPath(options.out, os::Symlinks::kRefuse).ok()) {
    return MakeError(ErrorKind::kInvalidUse, options.out + " exists already");
  }
  DAY_TRY(
      os::WriteFileAtomic(options.out, base::AsBytes(pem), 0644, os::Durability::kCrashOfMachine));
  Show(options, {"wrote " + options.out}, json);
  return base::OkStatus();
}

base::Status RunInit(const Options& options) {
  std::map<std::string, RoleSize> sizes = DefaultSizes(options.demo);
  for (const std::string& text : options.role_sizes) {
    DAY_TRY(ReadSize(text, &sizes));
  }
  Config config;
  config.log = options.log;
  DAY_TRY(ParseConfig(WriteConfig(config)));  // the log's address makes sense
  DAY_TRY_ASSIGN(const std::string policy_text, ReadPolicy(options.policy));
  const RoleSize rules_size = sizes["rules"];
  if (options.removal_threshold < rules_size.threshold ||
      options.removal_threshold > rules_size.keys) {
    return MakeError(ErrorKind::kInvalidUse,
                     fmt::format("--removal-threshold {} is not from {} to {}, the signatures that "
                                 "rules needs and its keys",
                                 options.removal_threshold, rules_size.threshold, rules_size.keys));
  }
  const ReleaseRules rules;
  DAY_TRY_ASSIGN(const Workspace workspace,
                 Workspace::Create(options.workspace, config, rules, policy_text));
  MetadataChange change;
  change.time_s = Now(options);
  change.reason = "the first metadata";
  for (const char* role : {"rules", "halt", "engine", "rebuild"}) {
    change.steps.push_back({ChangeStep::Kind::kDelegate, role, "", sizes[role].threshold});
  }
  change.steps.push_back({ChangeStep::Kind::kDelegate, "removals", "", options.removal_threshold});
  ShowProgress(options)("making keys");
  DAY_TRY_ASSIGN(const InitKeys keys, MakeKeys(options, workspace, sizes, &change));
  for (const char* role : {"root", "targets"}) {
    change.steps.push_back({ChangeStep::Kind::kThreshold, role, "", sizes[role].threshold});
  }
  change.steps.push_back({ChangeStep::Kind::kRules, "targets", WriteReleaseRules(rules), 1});
  change.steps.push_back({ChangeStep::Kind::kPolicy, "targets", policy_text, 1});
  DAY_TRY(BeginChange(workspace, change));
  DAY_TRY_ASSIGN(const ChangeState state, SignChangeWith(workspace, keys.here));
  DAY_TRY(workspace.Write("release.json", base::AsBytes(WriteConfig(config))));
  std::vector<std::string> lines = {"made the workspace " + options.workspace};
  for (const auto& [role, size] : sizes) {
    lines.push_back(fmt::format("  {}: {} of {} keys", role, size.threshold, size.keys));
  }
  if (options.no_passphrase) {
    lines.push_back("The private keys in keys/ are NOT encrypted: for demonstrations only.");
  } else if (!keys.here.empty()) {
    lines.push_back(
        "Private keys are in keys/: give each to its person, and take those of root "
        "and targets off this machine.");
  }
  lines.push_back("Endpoints trust updates/root.json and updates/policy.");
  ShowChange(options, state, std::move(lines));
  return base::OkStatus();
}

base::Status RunRotate(const Options& options) {
  DAY_TRY_ASSIGN(const Workspace workspace, Workspace::Open(options.workspace));
  DAY_TRY_ASSIGN(const Metadata metadata, Metadata::Load(workspace));
  // Before anything is written: a wrong passphrase leaves no change behind.
  DAY_TRY_ASSIGN(const Signers keys, LoadSigners(options.keys, options.passphrase));
  MetadataChange change;
  change.time_s = Now(options);
  change.reason = options.reason;
  if (options.refresh) {
    change.reason = "fresh snapshot and timestamp";
    change.steps.push_back({ChangeStep::Kind::kTouch, "snapshot", "", 1});
  }
  DAY_TRY(AddRoleSteps(options, workspace, metadata, &change));
  if (!options.rules_file.empty()) {
    DAY_TRY_ASSIGN(const std::string text, os::ReadFile(options.rules_file, 16'384));
    DAY_TRY_ASSIGN(const ReleaseRules rules, ParseReleaseRules(text));
    change.steps.push_back({ChangeStep::Kind::kRules, "targets", WriteReleaseRules(rules), 1});
  }
  if (!options.policy.empty()) {
    DAY_TRY_ASSIGN(const std::string text, ReadPolicy(options.policy));
    change.steps.push_back({ChangeStep::Kind::kPolicy, "targets", text, 1});
  }
  if (change.steps.empty()) {
    return MakeError(ErrorKind::kInvalidUse,
                     "nothing to change: --refresh, --add-key, --new-key, --remove-key, "
                     "--threshold, --rules or --policy");
  }
  if (change.reason.empty()) {
    return MakeError(ErrorKind::kInvalidUse, "a change of keys needs a --reason");
  }
  DAY_TRY(BeginChange(workspace, change));
  DAY_TRY_ASSIGN(const ChangeState state, SignChangeWith(workspace, keys));
  std::vector<std::string> lines = {"change of the metadata: " + change.reason};
  if (state.missing.empty()) {
    lines.push_back(
        "done; daylight-release publish --updates adds it to the log and writes it into updates/");
  }
  ShowChange(options, state, std::move(lines));
  return base::OkStatus();
}

}  // namespace day::network::release
