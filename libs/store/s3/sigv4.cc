#include "libs/store/s3/sigv4.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "libs/crypto/hash.h"
#include "libs/wire/percent.h"

namespace day::store::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

crypto::Sha256Digest Hmac(base::Bytes key, std::string_view text) {
  crypto::HmacSha256 hmac(key);
  return hmac.Authenticate(base::AsBytes(text));
}

std::string EncodedQuery(const Parameters& query) {
  Parameters encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(wire::PercentEncode(name), wire::PercentEncode(value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    text += (text.empty() ? "" : "&") + name + "=" + value;
  }
  return text;
}

// The key for one day, region and service, so that the long-lived secret signs nothing else.
crypto::Sha256Digest SigningKey(const Credentials& credentials, std::string_view date) {
  crypto::SecretBytes first(4 + credentials.secret_key.size());
  const base::Bytes prefix = base::AsBytes("AWS4");
  std::copy(prefix.begin(), prefix.end(), first.Writable().begin());
  const base::Bytes secret = credentials.secret_key.RevealSecret();
  std::copy(secret.begin(), secret.end(), first.Writable().begin() + 4);
  const crypto::Sha256Digest of_date = Hmac(first.RevealSecret(), date);
  const crypto::Sha256Digest of_region = Hmac(of_date, credentials.region);
  return Hmac(Hmac(of_region, "s3"), "aws4_request");
}

}  // namespace

std::string TargetOf(const SignedRequest& request) {
  const std::string query = EncodedQuery(request.query);
  return wire::PercentEncode(request.path, "/") + (query.empty() ? "" : "?" + query);
}

Parameters SignRequest(const Credentials& credentials, const SignedRequest& request,
                       std::int64_t now_s) {
  const std::tm utc = fmt::gmtime(static_cast<std::time_t>(now_s));
  const std::string date = fmt::format("{:%Y%m%d}", utc);
  const std::string moment = fmt::format("{:%Y%m%dT%H%M%SZ}", utc);
  const std::string body_hash = crypto::Sha256Hex(request.body);

  Parameters headers = request.headers;
  headers.emplace_back("host", request.host);
  headers.emplace_back("x-amz-content-sha256", body_hash);
  headers.emplace_back("x-amz-date", moment);
  std::sort(headers.begin(), headers.end());
  std::string canonical_headers;
  std::string names;
  for (const auto& [name, value] : headers) {
    canonical_headers += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, wire::PercentEncode(request.path, "/"),
                  EncodedQuery(request.query), canonical_headers, names, body_hash);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", date, credentials.region);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, moment, scope,
                                          crypto::Sha256Hex(base::AsBytes(canonical)));
  const std::string signature = crypto::ToHexDigest(Hmac(SigningKey(credentials, date), to_sign));
  return {
      {"x-amz-date", moment},
      {"x-amz-content-sha256", body_hash},
      {"authorization", fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm,
                                    credentials.access_key, scope, names, signature)}};
}

}  // namespace day::store::s3
