#include "libs/update/dsse.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "libs/base/base64.h"
#include "libs/wire/json.h"

namespace day::update {
namespace {

using base::ErrorKind;
using wire::Json;

base::Error Malformed(const char* what) {
  return base::MakeError(ErrorKind::kMalformed, fmt::format("DSSE: {}", what));
}

// Standard or URL-safe, padded or (URL-safe only in other writers' hands) not.
base::Result<std::string> Decode(const Json* text) {
  if (text == nullptr || !text->IsText()) {
    return Malformed("a part is missing");
  }
  std::string standard = text->text();
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  std::optional<std::string> bytes = base::DecodeBase64(standard);
  if (!bytes) {
    return Malformed("not base64");
  }
  return std::move(*bytes);
}

}  // namespace

std::string PreAuthEncoding(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(),
                     payload);
}

base::Result<DsseEnvelope> ParseDsse(base::Bytes bytes) {
  constexpr wire::JsonLimits kLimits{
      .size_max_bytes = kEntryMaxBytes, .depth_max = 8, .values_max = 1000};
  DAY_TRY_ASSIGN(const Json json, wire::ParseJson(bytes, kLimits));
  const Json* type = json.Find("payloadType");
  const Json* signatures = json.Find("signatures");
  if (type == nullptr || !type->IsText() || signatures == nullptr || !signatures->IsArray()) {
    return Malformed("a part is missing");
  }
  if (signatures->items().size() > kDsseSignaturesMax) {
    return base::MakeError(ErrorKind::kLimit, "DSSE: too many signatures");
  }
  DsseEnvelope envelope;
  envelope.payload_type = type->text();
  DAY_TRY_ASSIGN(envelope.payload, Decode(json.Find("payload")));
  for (const Json& item : signatures->items()) {
    DsseSignature signature;
    DAY_TRY_ASSIGN(signature.signature, Decode(item.Find("sig")));
    if (const Json* key_id = item.Find("keyid"); key_id != nullptr) {
      signature.key_id = key_id->text();
    }
    envelope.signatures.push_back(std::move(signature));
  }
  return envelope;
}

std::string WriteDsse(const DsseEnvelope& envelope) {
  Json signatures = Json::Array();
  for (const DsseSignature& signature : envelope.signatures) {
    Json item = Json::Object();
    item.Set("keyid", Json::Text(signature.key_id));
    item.Set("sig", Json::Text(base::EncodeBase64(base::AsBytes(signature.signature))));
    signatures.Append(std::move(item));
  }
  Json json = Json::Object();
  json.Set("payload", Json::Text(base::EncodeBase64(base::AsBytes(envelope.payload))));
  json.Set("payloadType", Json::Text(envelope.payload_type));
  json.Set("signatures", std::move(signatures));
  return wire::WriteJson(json, wire::JsonLayout::kOneLine);
}

base::Status SignDsse(const crypto::Signer& key, DsseEnvelope* envelope) {
  const std::string covered = PreAuthEncoding(envelope->payload_type, envelope->payload);
  DsseSignature made;
  made.key_id = tuf::KeyId(tuf::MakeKey(key.public_key()));
  DAY_TRY_ASSIGN(made.signature, key.Sign(base::AsBytes(covered)));
  auto& signatures = envelope->signatures;
  std::erase_if(signatures,
                [&](const DsseSignature& other) { return other.key_id == made.key_id; });
  signatures.push_back(std::move(made));
  std::sort(signatures.begin(), signatures.end(),
            [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  return base::OkStatus();
}

std::int64_t CountSigners(const DsseEnvelope& envelope, const tuf::Keys& keys,
                          const tuf::RoleKeys& role) {
  const std::string covered = PreAuthEncoding(envelope.payload_type, envelope.payload);
  std::set<std::string> signers;
  for (const DsseSignature& signature : envelope.signatures) {
    const bool named =
        std::find(role.key_ids.begin(), role.key_ids.end(), signature.key_id) != role.key_ids.end();
    const auto key = keys.find(signature.key_id);
    if (named && key != keys.end() && key->second.verifier &&
        key->second.verifier->Verify(base::AsBytes(covered), base::AsBytes(signature.signature))) {
      signers.insert(key->second.verifier->der());
    }
  }
  return static_cast<std::int64_t>(signers.size());
}

}  // namespace day::update
