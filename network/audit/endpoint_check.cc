#include "network/audit/endpoint_check.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "libs/crypto/hash.h"
#include "libs/os/file.h"
#include "libs/tlog/tlog_proof.h"
#include "libs/update/bundle.h"
#include "libs/update/dsse.h"
#include "libs/update/statement.h"
#include "libs/wire/json.h"

namespace day::network::audit {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::MakeError;

// The release's entry is in the log by its proof, and is about this bundle.
base::Result<std::string> CheckRelease(const std::string& folder, const std::string& sha256,
                                       const tlog::Policy& policy) {
  const std::string name = folder + "/proofs/" + sha256;
  DAY_TRY_ASSIGN(const std::string entry, os::ReadFile(name + ".entry", update::kEntryMaxBytes));
  DAY_TRY_ASSIGN(const std::string text,
                 os::ReadFile(name + ".tlog-proof", tlog::kTlogProofBytesMax));
  DAY_TRY_ASSIGN(const tlog::TlogProof proof, tlog::ParseTlogProof(text));
  DAY_TRY_ASSIGN(const tlog::TrustedCheckpoint trusted,
                 tlog::VerifyTlogProof(proof, tlog::LeafHash(base::AsBytes(entry)), policy));
  DAY_TRY_ASSIGN(const update::DsseEnvelope envelope, update::ParseDsse(base::AsBytes(entry)));
  DAY_TRY_ASSIGN(const update::Statement statement, update::ParseStatement(envelope.payload));
  if (statement.kind != update::StatementKind::kBundle || statement.subjects[0].sha256 != sha256) {
    return MakeError(ErrorKind::kMalformed, "the entry is no release of this bundle");
  }
  return fmt::format("release {}, entry {} of {}, {} cosignatures, {} signatures",
                     statement.sequence, proof.index, trusted.checkpoint.origin,
                     trusted.cosignatures.size(), envelope.signatures.size());
}

// The unpacked rules are the bundle's files, all of them and no others.
std::string CompareRules(const std::string& folder, const update::Bundle& bundle) {
  for (const auto& [path, content] : bundle.files) {
    const auto file = os::ReadFile(folder + "/" + path, update::kBundleMaxBytes);
    if (!file.ok() || *file != content) {
      return path + " was changed";
    }
  }
  std::error_code failure;
  for (const auto& entry : fs::recursive_directory_iterator(folder, failure)) {
    const std::string path = entry.path().lexically_relative(folder).generic_string();
    if (!entry.is_directory(failure) && !bundle.files.contains(path)) {
      return path + " does not belong to it";
    }
  }
  return "";
}

base::Status CheckSlot(const std::string& folder, const std::string& name,
                       const std::string& sha256, const tlog::Policy& policy,
                       EndpointReport* report) {
  const std::string slot = folder + "/slots/" + name;
  const auto wrong = [&](const std::string& what) {
    report->problems.push_back(fmt::format("slot {}: {}", name, what));
    return base::OkStatus();
  };
  const auto bytes = os::ReadFile(slot + "/bundle", update::kBundleMaxBytes);
  if (!bytes.ok() || crypto::Sha256Hex(base::AsBytes(*bytes)) != sha256) {
    return wrong("the bundle is not the one that slots.json names");
  }
  const auto bundle = update::DecodeBundle(base::AsBytes(*bytes));
  if (!bundle.ok()) {
    return wrong(bundle.error().message);
  }
  if (const std::string difference = CompareRules(slot + "/rules", *bundle); !difference.empty()) {
    return wrong(difference);
  }
  const auto release = CheckRelease(folder, sha256, policy);
  if (!release.ok()) {
    return wrong("not shown to be in the log: " + release.error().message);
  }
  report->good.push_back(
      fmt::format("slot {}: {}, {} files as released", name, *release, bundle->files.size()));
  return base::OkStatus();
}

}  // namespace

base::Result<EndpointReport> CheckEndpoint(const std::string& folder, const tlog::Policy& policy) {
  if (!os::StatPath(folder + "/follower.json", os::Symlinks::kFollow).ok()) {
    return MakeError(ErrorKind::kNotFound, folder + ": no folder of an endpoint's updates");
  }
  const auto text = os::ReadFile(folder + "/slots.json", 1u << 20);  // not there before the first
  const auto json = wire::ParseJson(base::AsBytes(text.ok() ? *text : "{}"), {});
  if (!json.ok()) {
    return MakeError(ErrorKind::kMalformed, "slots.json is damaged");
  }
  EndpointReport report;
  for (const char* name : {"a", "b"}) {
    const wire::Json* slot = json->Find(name);
    const wire::Json* sha256 = slot != nullptr ? slot->Find("sha256") : nullptr;
    if (sha256 != nullptr && !sha256->text().empty()) {
      DAY_TRY(CheckSlot(folder, name, sha256->text(), policy, &report));
    }
  }
  const wire::Json* active = json->Find("active");
  if (active == nullptr || active->text().empty()) {
    report.problems.push_back("no released rules are active");
  }
  return report;
}

}  // namespace day::network::audit
