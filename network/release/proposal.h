// A proposed release: what it holds, what was said about it, and its signatures.
//
//   proposals/ID/proposal.json   who proposed it, why       proposals/ID/bundle     the bundle
//   proposals/ID/release.dsse    the statement of the log   proposals/ID/test.json  the tests
//   proposals/ID/reviews.json    what analysts decided
//   proposals/ID/decision.dsse, provenance.dsse   made at the first signature; nothing can be
//                                                 reviewed or tested any more from then on
//   proposals/ID/entries.json    the entries of the log, made when publishing begins; nothing can
//                                be signed any more from then on
//
// ID is SEQUENCE-HASH: the release's number and the first eight digits of the bundle's SHA-256.
// Thread safety: values, and functions for one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/update/blindness.h"
#include "libs/update/bundle.h"
#include "libs/update/dsse.h"
#include "libs/update/statement.h"
#include "network/release/log_copy.h"
#include "network/release/metadata.h"
#include "network/release/workspace.h"

namespace day::network::release {

struct Review {
  std::string analyst;
  std::string decision;  // "accept", "reject", "silence", "allow-list"
  std::string rule;      // that it is about; empty: the whole proposal
  std::string reason;
  std::int64_t time_s = 0;
  bool operator==(const Review&) const = default;
};
bool IsReviewDecision(std::string_view decision);

using update::Blindness;
using update::KindOfRuleFile;
using update::RuleFileKind;

struct TestReport {
  std::int64_t time_s = 0;
  std::string bundle_sha256;
  std::vector<std::string> failures;  // none: passed
  std::vector<std::string> skipped;   // what was not tested
  std::vector<std::string> notes;     // figures, in words
  Blindness blindness;
  bool operator==(const TestReport&) const = default;
};

std::string WriteTestReport(const TestReport& report);
base::Result<TestReport> ParseTestReport(std::string_view text);
std::string WriteReviews(const std::vector<Review>& reviews);
base::Result<std::vector<Review>> ParseReviews(std::string_view text);

struct Proposal {
  std::string id;
  std::string author;
  std::string reason;
  update::Statement statement;
  update::DsseEnvelope release;
  std::vector<Review> reviews;
  std::optional<TestReport> test;
  std::optional<update::DsseEnvelope> decision;
  std::optional<update::DsseEnvelope> provenance;
  bool publishing = false;

  const std::string& sha256() const { return statement.subjects[0].sha256; }
  std::string File(std::string_view name) const {
    return "proposals/" + id + "/" + std::string(name);
  }
};

struct NewProposal {
  std::string author;
  std::string reason;
  std::int64_t time_s = 0;
  bool emergency = false;
  std::vector<update::RolloutStep> rollout;
  bool again = false;  // also if the bundle is the one that is released
};
// Errors: kInvalidUse if it exists or changes nothing.
base::Result<Proposal> MakeProposal(const Workspace& workspace, const LogCopy& log,
                                    const update::Bundle& bundle, const NewProposal& wanted);
// Errors: kNotFound, with the proposals that there are; kMalformed.
base::Result<Proposal> LoadProposal(const Workspace& workspace, const std::string& id);
std::vector<std::string> ListProposals(const Workspace& workspace);

// Errors: kInvalidUse once it is signed, or for a bad review.
base::Status AddReview(const Workspace& workspace, Proposal* proposal, const Review& review);

// What stands against signing, in words; empty: nothing.
std::vector<std::string> Objections(const Proposal& proposal, const ReleaseRules& rules);
// The role that must sign it, by what its test found: "rules", or "removals" if it sees less.
std::string_view RoleOf(const Proposal& proposal);

// Makes the decision and the provenance, and says in the release whether it sees less, unless that
// is done. `overridden` are objections that somebody signs against, with `why`. Errors: kInvalidUse
// without a test report; kLimit.
base::Status Freeze(const Workspace& workspace, Proposal* proposal, std::int64_t needed,
                    const std::vector<std::string>& overridden, const std::string& why);

SigningRequest ProposalRequest(const Proposal& proposal);
// Errors: kPermission for what is no signature of a key of the role; kInvalidUse once publishing
// has begun.
base::Status AddProposalSignatures(const Workspace& workspace, const Authority& authority,
                                   const std::vector<PartSignature>& signatures,
                                   Proposal* proposal);

}  // namespace day::network::release
