#include "libs/signatures/certificates/certificate_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "libs/base/bytes.h"
#include "libs/base/lines.h"
#include "libs/signatures/lists.h"
#include "libs/signatures/signature_text.h"

namespace day::signatures::certificates {
namespace {

using formats::authenticode::Sha1Digest;
using formats::authenticode::TrustRule;

constexpr std::size_t kFieldsMin = 11;
constexpr std::size_t kFieldsMax = 13;
using Fields = std::array<std::string_view, kFieldsMax>;

std::size_t Split(std::string_view line, Fields& fields) {
  for (std::size_t count = 0;;) {
    const std::size_t end = line.find(';');
    if (count < fields.size()) {
      fields[count] = line.substr(0, end);
    }
    ++count;
    if (end == std::string_view::npos) {
      return count;
    }
    line.remove_prefix(end + 1);
  }
}

template <typename T>
std::optional<T> ReadNumber(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return text.empty() || is_whole ? std::optional(value) : std::nullopt;
}

std::optional<Sha1Digest> ReadDigest(std::string_view text) {
  const auto bytes = base::FromHex(text);
  Sha1Digest digest;
  if (!bytes || bytes->size() != digest.size()) {
    return std::nullopt;
  }
  std::memcpy(digest.data(), bytes->data(), digest.size());
  return digest;
}

// What stands first counts, as in ClamAV.
bool ReadFlag(std::string_view text, bool& flag) {
  flag = text.starts_with('1');
  return flag || text.starts_with('0');
}

std::string_view ReadModulus(std::string_view text, TrustRule& rule) {
  const auto bytes =
      base::FromHex(text.size() % 2 == 0 ? std::string(text) : "0" + std::string(text));
  if (!bytes || bytes->empty() || bytes->size() > kModulusBytesMax) {
    return "the public key is not hexadecimal, or too long";
  }
  rule.modulus = base::AsText(base::AsBytes(*bytes));
  rule.modulus.erase(0, std::min(rule.modulus.find_first_not_of('\0'), rule.modulus.size()));
  return {};
}

std::string_view ReadLevels(const Fields& fields, std::size_t count) {
  const auto min = count > 11 ? ReadNumber<std::uint32_t>(fields[11]) : 0;
  const auto max = count > 12 ? ReadNumber<std::uint32_t>(fields[12]) : ~std::uint32_t{0};
  if (!min || !max) {
    return "a functionality level is not a number";
  }
  if (*min > kFunctionalityLevel) {
    return "needs a higher functionality level";
  }
  return *max < kFunctionalityLevel ? "is for lower functionality levels" : "";
}

std::string_view ReadRule(const Fields& fields, TrustRule& rule) {
  rule.name = fields[0];
  if (!ReadFlag(fields[1], rule.is_trusted) || !ReadFlag(fields[6], rule.uses.code) ||
      !ReadFlag(fields[7], rule.uses.time) || !ReadFlag(fields[8], rule.uses.certificates)) {
    return "trust or uses are not 0 or 1";
  }
  const auto subject = ReadDigest(fields[2]);
  rule.serial = ReadDigest(fields[3]);
  if (!subject || (!rule.serial && !fields[3].empty())) {
    return "subject or serial is no SHA-1";
  }
  rule.subject = *subject;
  const auto not_before = ReadNumber<std::int64_t>(fields[9]);
  if (!not_before) {
    return "the time is not a number";
  }
  rule.not_before = *not_before;
  return ReadModulus(fields[4], rule);
}

}  // namespace

CertificateLine ParseCertificateLine(std::string_view text) {
  CertificateLine line;
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
  }
  if (text.empty() || text.front() == '#') {
    return line;
  }
  Fields fields;
  const std::size_t count = Split(text, fields);
  line.problem = count < kFieldsMin || count > kFieldsMax
                     ? "not eleven to thirteen fields between semicolons"
                     : ReadLevels(fields, count);
  if (line.problem.empty()) {
    line.problem = ReadRule(fields, line.rule);
  }
  line.kind = line.problem.empty() ? CertificateLine::Kind::kRule : CertificateLine::Kind::kBad;
  return line;
}

CertificateRules RulesIn(std::string_view lists) {
  CertificateRules all;
  while (const auto list = TakeList(&lists)) {
    std::string_view text = list->name.ends_with(".crb") ? list->text : std::string_view();
    for (std::uint32_t number = 1; !text.empty() && all.rules.size() < kRulesMax; ++number) {
      CertificateLine line = ParseCertificateLine(base::TakeLine(&text));
      if (line.kind == CertificateLine::Kind::kRule) {
        all.rules.push_back(std::move(line.rule));
        all.provenances.push_back(std::string(list->name) + ":" + std::to_string(number));
      }
    }
  }
  return all;
}

}  // namespace day::signatures::certificates
