// The files of a proposal: what they look like.
#include <fmt/core.h>

#include <array>

#include "network/release/fields.h"
#include "network/release/proposal.h"

namespace day::network::release {
namespace {

using wire::Json;

constexpr std::size_t kLinesMax = 200'000;
constexpr std::size_t kLineMaxBytes = 8192;
constexpr std::array<std::string_view, 4> kDecisions = {"accept", "reject", "silence",
                                                        "allow-list"};

}  // namespace

bool IsReviewDecision(std::string_view decision) {
  for (const std::string_view known : kDecisions) {
    if (decision == known) {
      return true;
    }
  }
  return false;
}

std::string WriteTestReport(const TestReport& report) {
  Json blindness = Json::Object();
  blindness.Set("added", JsonTexts(report.blindness.added));
  blindness.Set("removed", JsonTexts(report.blindness.removed));
  blindness.Set("changed", JsonTexts(report.blindness.changed));
  blindness.Set("hashesRemoved", JsonTexts(report.blindness.hashes_removed));
  blindness.Set("allowed", JsonTexts(report.blindness.allowed));
  blindness.Set("hashesAdded", Json::Integer(report.blindness.hashes_added));
  Json json = Json::Object();
  json.Set("time", Json::Integer(report.time_s));
  json.Set("bundle", Json::Text(report.bundle_sha256));
  json.Set("passed", Json::Bool(report.failures.empty()));
  json.Set("failures", JsonTexts(report.failures));
  json.Set("skipped", JsonTexts(report.skipped));
  json.Set("notes", JsonTexts(report.notes));
  json.Set("blindness", std::move(blindness));
  return FileText(json);
}

base::Result<TestReport> ParseTestReport(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, "test.json"));
  Fields fields(&json, "test.json");
  TestReport out;
  out.time_s = fields.Integer("time");
  out.bundle_sha256 = fields.Text("bundle", 64);
  const bool passed = fields.Bool("passed");
  out.failures = fields.Texts("failures", kLinesMax, kLineMaxBytes);
  out.skipped = fields.Texts("skipped", kLinesMax, kLineMaxBytes);
  out.notes = fields.Texts("notes", kLinesMax, kLineMaxBytes);
  fields.Check(passed == out.failures.empty(), "passed");
  const Json inner = fields.Object("blindness");
  DAY_TRY(fields.Finish());
  Fields blindness(&inner, "test.json: blindness");
  out.blindness.added = blindness.Texts("added", kLinesMax, kLineMaxBytes);
  out.blindness.removed = blindness.Texts("removed", kLinesMax, kLineMaxBytes);
  out.blindness.changed = blindness.Texts("changed", kLinesMax, kLineMaxBytes);
  out.blindness.hashes_removed = blindness.Texts("hashesRemoved", kLinesMax, kLineMaxBytes);
  out.blindness.allowed = blindness.Texts("allowed", kLinesMax, kLineMaxBytes);
  out.blindness.hashes_added = blindness.Integer("hashesAdded");
  DAY_TRY(blindness.Finish());
  return out;
}

std::string WriteReviews(const std::vector<Review>& reviews) {
  Json list = Json::Array();
  for (const Review& review : reviews) {
    Json item = Json::Object();
    item.Set("analyst", Json::Text(review.analyst));
    item.Set("decision", Json::Text(review.decision));
    item.Set("rule", Json::Text(review.rule));
    item.Set("reason", Json::Text(review.reason));
    item.Set("time", Json::Integer(review.time_s));
    list.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("reviews", std::move(list));
  return FileText(json);
}

base::Result<std::vector<Review>> ParseReviews(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, "reviews.json"));
  Fields fields(&json, "reviews.json");
  std::vector<Review> out;
  for (const Json& item : fields.Array("reviews", 1000)) {
    Fields review(&item, "reviews.json");
    Review made;
    made.analyst = review.Text("analyst", 100);
    made.decision = review.Text("decision", 20);
    review.Check(IsReviewDecision(made.decision), "decision");
    made.rule = review.Text("rule", 200);
    made.reason = review.Text("reason", 2000);
    made.time_s = review.Integer("time");
    DAY_TRY(review.Finish());
    out.push_back(std::move(made));
  }
  DAY_TRY(fields.Finish());
  return out;
}

}  // namespace day::network::release
