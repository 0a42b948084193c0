#include "network/release/signing.h"

#include <fmt/core.h>

#include <utility>

#include "libs/base/base64.h"
#include "libs/update/dsse.h"
#include "libs/update/statement.h"
#include "libs/wire/json.h"
#include "network/release/fields.h"
#include "network/release/keys.h"

namespace day::network::release {
namespace {

using wire::Json;

constexpr std::string_view kRequestFormat = "daylight-signing-request/v1";
constexpr std::string_view kSignaturesFormat = "daylight-signatures/v1";
constexpr std::size_t kPartsMax = 64;
constexpr std::size_t kSignaturesMax = 1024;
constexpr std::size_t kPayloadMaxBytes = 16u << 20;
constexpr std::size_t kNameMaxBytes = 255;

std::string FromBase64(Fields* fields, std::string_view key, std::size_t size_max) {
  const auto bytes = base::DecodeBase64(fields->Text(key, base::Base64Size(size_max)));
  fields->Check(bytes.has_value(), key);
  return bytes.value_or("");
}

Json Base64Text(std::string_view bytes) {
  return Json::Text(base::EncodeBase64(base::AsBytes(bytes)));
}

}  // namespace

std::string CoveredBytes(const SigningPart& part) {
  return part.kind == PartKind::kTuf ? part.payload
                                     : update::PreAuthEncoding(update::kInTotoType, part.payload);
}

base::Result<std::vector<PartSignature>> SignParts(const std::vector<SigningPart>& parts,
                                                   const crypto::Signer& key) {
  std::vector<PartSignature> out;
  for (const SigningPart& part : parts) {
    DAY_TRY_ASSIGN(std::string signature, key.Sign(base::AsBytes(CoveredBytes(part))));
    out.push_back({part.name, KeyIdOf(key.public_key()), std::move(signature)});
  }
  return out;
}

std::vector<std::string> DescribePart(const SigningPart& part) {
  if (part.kind == PartKind::kTuf) {
    const auto json = ReadJson(part.payload, part.name);
    const Json* version = json.ok() ? json->Find("version") : nullptr;
    const Json* expires = json.ok() ? json->Find("expires") : nullptr;
    return {fmt::format("{}: TUF metadata, version {}, expires {}", part.name,
                        version != nullptr ? version->integer() : 0,
                        expires != nullptr ? expires->text() : "?")};
  }
  const auto statement = update::ParseStatement(part.payload);
  if (!statement.ok()) {
    return {fmt::format("{}: not a statement that can be read: {}", part.name,
                        statement.error().message)};
  }
  std::vector<std::string> lines = {fmt::format("{}: {}", part.name, statement->predicate_type)};
  for (const update::Subject& subject : statement->subjects) {
    lines.push_back(fmt::format("  {} sha256 {}", subject.name, subject.sha256));
  }
  if (statement->kind == update::StatementKind::kBundle) {
    lines.push_back(fmt::format(
        "  sequence {}, {} bytes, previous {}", statement->sequence, statement->size_bytes,
        statement->previous_sha256.empty() ? "none" : statement->previous_sha256));
  }
  if (!statement->text.empty()) {
    lines.push_back("  " + statement->text);
  }
  return lines;
}

std::string WriteSigningRequest(const SigningRequest& request) {
  Json parts = Json::Array();
  for (const SigningPart& part : request.parts) {
    Json item = Json::Object();
    item.Set("name", Json::Text(part.name));
    item.Set("kind", Json::Text(part.kind == PartKind::kTuf ? "tuf" : "dsse"));
    item.Set("payload", Base64Text(part.payload));
    parts.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("format", Json::Text(kRequestFormat));
  json.Set("ticket", Json::Text(request.ticket));
  json.Set("summary", JsonTexts(request.summary));
  json.Set("parts", std::move(parts));
  return FileText(json);
}

base::Result<SigningRequest> ParseSigningRequest(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, "the signing request"));
  Fields fields(&json, "the signing request");
  SigningRequest out;
  fields.Check(fields.Text("format", kNameMaxBytes) == kRequestFormat, "format");
  out.ticket = fields.Text("ticket", kNameMaxBytes);
  out.summary = fields.Texts("summary", 10'000, 4096);
  for (const Json& item : fields.Array("parts", kPartsMax)) {
    Fields part(&item, "the signing request: part");
    SigningPart made;
    made.name = part.Text("name", kNameMaxBytes);
    const std::string kind = part.Text("kind", 8);
    part.Check(kind == "tuf" || kind == "dsse", "kind");
    made.kind = kind == "tuf" ? PartKind::kTuf : PartKind::kDsse;
    made.payload = FromBase64(&part, "payload", kPayloadMaxBytes);
    DAY_TRY(part.Finish());
    out.parts.push_back(std::move(made));
  }
  DAY_TRY(fields.Finish());
  return out;
}

std::string WriteSignatureFile(const SignatureFile& file) {
  Json signatures = Json::Array();
  for (const PartSignature& signature : file.signatures) {
    Json item = Json::Object();
    item.Set("part", Json::Text(signature.part));
    item.Set("keyid", Json::Text(signature.key_id));
    item.Set("sig", Base64Text(signature.signature));
    signatures.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("format", Json::Text(kSignaturesFormat));
  json.Set("ticket", Json::Text(file.ticket));
  json.Set("signatures", std::move(signatures));
  return FileText(json);
}

base::Result<SignatureFile> ParseSignatureFile(std::string_view text) {
  DAY_TRY_ASSIGN(const Json json, ReadJson(text, "the file of signatures"));
  Fields fields(&json, "the file of signatures");
  SignatureFile out;
  fields.Check(fields.Text("format", kNameMaxBytes) == kSignaturesFormat, "format");
  out.ticket = fields.Text("ticket", kNameMaxBytes);
  for (const Json& item : fields.Array("signatures", kSignaturesMax)) {
    Fields signature(&item, "the file of signatures");
    PartSignature made;
    made.part = signature.Text("part", kNameMaxBytes);
    made.key_id = signature.Text("keyid", kNameMaxBytes);
    made.signature = FromBase64(&signature, "sig", 1024);
    DAY_TRY(signature.Finish());
    out.signatures.push_back(std::move(made));
  }
  DAY_TRY(fields.Finish());
  return out;
}

}  // namespace day::network::release
