#include "libs/tlog/note.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "libs/base/base64.h"
#include "libs/crypto/hash.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/text.h"
#include "libs/wire/json_writer.h"

namespace day::tlog {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // U+2014 and a space
constexpr std::string_view kPrivatePrefix = "PRIVATE+KEY+";
constexpr std::size_t kEd25519KeyBytes = 32;
constexpr std::size_t kEd25519SignatureBytes = 64;
constexpr std::size_t kMlDsa44KeyBytes = 1312;
constexpr std::size_t kTimeBytes = 8;

base::Error Malformed(std::string message) {
  return MakeError(ErrorKind::kMalformed, std::move(message));
}

// Whether a UTF-8 sequence is a character with the Unicode property White_Space, beyond ASCII.
bool IsWideSpace(std::string_view sequence) {
  if (sequence.size() == 2) {
    return sequence == "\xC2\x85" || sequence == "\xC2\xA0";
  }
  if (sequence.size() != 3) {
    return false;
  }
  const auto last = static_cast<unsigned char>(sequence[2]);
  if (sequence.starts_with("\xE2\x80")) {  // U+2000 to U+200A, U+2028, U+2029, U+202F
    return last <= 0x8A || last == 0xA8 || last == 0xA9 || last == 0xAF;
  }
  return sequence == "\xE1\x9A\x80" || sequence == "\xE2\x81\x9F" || sequence == "\xE3\x80\x80";
}

void AppendBigEndian(std::uint64_t value, std::size_t size_bytes, std::string* out) {
  for (std::size_t i = size_bytes; i-- > 0;) {
    out->push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }
}

bool IsNoteText(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = wire::Utf8SequenceLength(text.substr(at));
    if (size == 0 || (static_cast<unsigned char>(text[at]) < 0x20 && text[at] != '\n')) {
      return false;
    }
    at += size;
  }
  return true;
}

std::string CosignedMessage(std::string_view text, std::uint64_t time_s) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time_s, text);
}

base::Result<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kDash)) {
    return Malformed("a signature line does not begin with an em dash");
  }
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !IsKeyName(line.substr(0, space))) {
    return Malformed("a signature line has no valid key name");
  }
  const std::optional<std::string> blob = base::DecodeBase64(line.substr(space + 1));
  if (!blob || blob->size() < 5) {
    return Malformed("a signature is not base64 of a key id and a signature");
  }
  NoteSignature out;
  out.name = line.substr(0, space);
  out.key_id = *base::ReadAt<std::uint32_t>(base::AsBytes(*blob), 0, base::Endian::kBig);
  out.signature = blob->substr(4);
  return out;
}

// "name+id+base64(type || material)" of either sort of key.
struct KeyParts {
  std::string_view name;
  std::uint32_t id = 0;
  KeyKind kind = KeyKind::kEd25519;
  std::string material;
};

base::Result<KeyParts> ParseKeyParts(std::string_view text) {
  KeyParts out;
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos || text.size() < first + 10 || text[first + 9] != '+') {
    return Malformed("a key is not of the form name+id+base64");
  }
  out.name = text.substr(0, first);
  const std::string_view id = text.substr(first + 1, 8);
  const auto id_bytes = base::FromHex(id);
  if (!IsKeyName(out.name) || !id_bytes || id.find_first_of("ABCDEF") != id.npos) {
    return Malformed("a key has no valid name or id");
  }
  out.id = *base::ReadAt<std::uint32_t>(base::AsBytes(*id_bytes), 0, base::Endian::kBig);
  auto blob = base::DecodeBase64(text.substr(first + 10));
  if (!blob || blob->empty()) {
    return Malformed("a key is not base64");
  }
  out.kind = static_cast<KeyKind>(static_cast<unsigned char>((*blob)[0]));
  out.material = blob->substr(1);
  crypto::WipeMemory(std::as_writable_bytes(std::span(blob->data(), blob->size())));
  return out;
}

bool IsEd25519Kind(KeyKind kind) {
  return kind == KeyKind::kEd25519 || kind == KeyKind::kCosignatureEd25519;
}

}  // namespace

bool IsKeyName(std::string_view name) {
  if (name.empty() || name.size() > kKeyNameBytesMax) {
    return false;
  }
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t size = wire::Utf8SequenceLength(name.substr(at));
    if (size == 0 || static_cast<unsigned char>(name[at]) <= 0x20 || name[at] == '+' ||
        name[at] == 0x7F || IsWideSpace(name.substr(at, size))) {
      return false;
    }
    at += size;
  }
  return true;
}

std::uint32_t KeyId(std::string_view name, KeyKind kind, base::Bytes public_key) {
  crypto::Sha256Hasher hasher;
  hasher.Update(base::AsBytes(name));
  const std::byte between[2] = {std::byte{'\n'}, static_cast<std::byte>(kind)};
  hasher.Update(between);
  hasher.Update(public_key);
  return *base::ReadAt<std::uint32_t>(hasher.Finish(), 0, base::Endian::kBig);
}

base::Result<VerifierKey> VerifierKey::Parse(std::string_view vkey) {
  if (vkey.starts_with(kPrivatePrefix)) {
    return Malformed("a private key stands where a public one belongs");
  }
  DAY_TRY_ASSIGN(const KeyParts parts, ParseKeyParts(vkey));
  VerifierKey key;
  if (parts.kind == KeyKind::kCosignatureMlDsa44) {
    if (parts.material.size() != kMlDsa44KeyBytes) {
      return Malformed("an ML-DSA-44 key does not have 1312 bytes");
    }
    key.name_ = parts.name;
    key.kind_ = parts.kind;
    key.public_key_ = parts.material;
    key.id_ = KeyId(key.name_, key.kind_, base::AsBytes(key.public_key_));
  } else if (IsEd25519Kind(parts.kind)) {
    DAY_TRY_ASSIGN(key, Create(parts.name, parts.kind, base::AsBytes(parts.material)));
  } else {
    return MakeError(ErrorKind::kUnsupported, fmt::format("keys of type 0x{:02x} are not supported",
                                                          static_cast<unsigned>(parts.kind)));
  }
  if (key.id_ != parts.id) {
    return Malformed("the id of a key is not the one of its name, type and bytes");
  }
  return key;
}

base::Result<VerifierKey> VerifierKey::Create(std::string_view name, KeyKind kind,
                                              base::Bytes public_key) {
  if (!IsKeyName(name)) {
    return Malformed("not a valid key name");
  }
  if (public_key.size() != kEd25519KeyBytes || !IsEd25519Kind(kind)) {
    return Malformed("an Ed25519 key does not have 32 bytes");
  }
  VerifierKey key;
  key.name_ = name;
  key.kind_ = kind;
  key.public_key_ = base::AsText(public_key);
  key.id_ = KeyId(name, kind, public_key);
  DAY_TRY_ASSIGN(key.ed25519_, crypto::PublicKey::FromEd25519(public_key));
  return key;
}

std::string VerifierKey::ToText() const {
  std::string blob(1, static_cast<char>(kind_));
  blob += public_key_;
  return fmt::format("{}+{:08x}+{}", name_, id_, base::EncodeBase64(base::AsBytes(blob)));
}

bool VerifierKey::Verify(std::string_view text, base::Bytes signature) const {
  if (!ed25519_) {
    return false;
  }
  if (kind_ == KeyKind::kEd25519) {
    return signature.size() == kEd25519SignatureBytes &&
           ed25519_->Verify(base::AsBytes(text), signature);
  }
  if (signature.size() != kTimeBytes + kEd25519SignatureBytes) {
    return false;
  }
  const auto time_s = *base::ReadAt<std::uint64_t>(signature, 0, base::Endian::kBig);
  return time_s <= kTreeSizeMax && ed25519_->Verify(base::AsBytes(CosignedMessage(text, time_s)),
                                                    signature.subspan(kTimeBytes));
}

base::Result<SignerKey> SignerKey::Parse(std::string_view skey) {
  if (!skey.starts_with(kPrivatePrefix)) {
    return Malformed("a private key does not begin with PRIVATE+KEY+");
  }
  DAY_TRY_ASSIGN(KeyParts parts, ParseKeyParts(skey.substr(kPrivatePrefix.size())));
  if (!IsEd25519Kind(parts.kind)) {
    return MakeError(ErrorKind::kUnsupported, "only Ed25519 keys can sign");
  }
  base::Result<SignerKey> key = Create(parts.name, parts.kind, base::AsBytes(parts.material));
  crypto::WipeMemory(
      std::as_writable_bytes(std::span(parts.material.data(), parts.material.size())));
  if (key.ok() && key->verifier().id() != parts.id) {
    return Malformed("the id of a private key is not the one of its name, type and bytes");
  }
  return key;
}

base::Result<SignerKey> SignerKey::Create(std::string_view name, KeyKind kind, base::Bytes seed) {
  if (seed.size() != kSeedBytes || !IsEd25519Kind(kind)) {
    return Malformed("an Ed25519 seed does not have 32 bytes");
  }
  DAY_TRY_ASSIGN(crypto::PrivateKey key, crypto::PrivateKey::FromEd25519Seed(seed));
  const std::string raw = key.public_key().Ed25519Raw();
  DAY_TRY_ASSIGN(VerifierKey verifier, VerifierKey::Create(name, kind, base::AsBytes(raw)));
  return SignerKey(std::move(verifier), std::move(key), crypto::SecretBytes::Copy(seed));
}

crypto::SecretBytes SignerKey::RevealSecretText() const {
  std::string blob(1, static_cast<char>(verifier_.kind()));
  blob.reserve(1 + kSeedBytes);
  blob += base::AsText(seed_.RevealSecret());
  std::string encoded = base::EncodeBase64(base::AsBytes(blob));
  std::string text =
      fmt::format("{}{}+{:08x}+{}", kPrivatePrefix, verifier_.name(), verifier_.id(), encoded);
  crypto::SecretBytes out = crypto::SecretBytes::Copy(base::AsBytes(text));
  for (std::string* used : {&blob, &encoded, &text}) {
    crypto::WipeMemory(std::as_writable_bytes(std::span(used->data(), used->size())));
  }
  return out;
}

base::Result<std::string> SignerKey::Sign(std::string_view text, std::uint64_t time_s) const {
  NoteSignature out;
  out.name = verifier_.name();
  out.key_id = verifier_.id();
  if (verifier_.kind() == KeyKind::kEd25519) {
    DAY_TRY_ASSIGN(out.signature, key_.Sign(base::AsBytes(text)));
    return out.ToLine();
  }
  if (time_s == 0 || time_s > kTreeSizeMax) {
    return MakeError(ErrorKind::kInvalidUse, "a cosignature must have a time");
  }
  AppendBigEndian(time_s, kTimeBytes, &out.signature);
  DAY_TRY_ASSIGN(const std::string signature,
                 key_.Sign(base::AsBytes(CosignedMessage(text, time_s))));
  out.signature += signature;
  return out.ToLine();
}

std::uint64_t NoteSignature::CosignatureTime() const {
  return base::ReadAt<std::uint64_t>(base::AsBytes(signature), 0, base::Endian::kBig).value_or(0);
}

std::string NoteSignature::ToLine() const {
  std::string blob;
  AppendBigEndian(key_id, 4, &blob);
  blob += signature;
  return fmt::format("{}{} {}\n", kDash, name, base::EncodeBase64(base::AsBytes(blob)));
}

std::string Note::ToText() const {
  std::string out = text + "\n";
  for (const NoteSignature& signature : signatures) {
    out += signature.ToLine();
  }
  return out;
}

base::Result<Note> ParseNote(std::string_view note) {
  if (note.size() > kNoteBytesMax) {
    return MakeError(ErrorKind::kLimit, "a note is larger than 1 MiB");
  }
  if (!IsNoteText(note)) {
    return Malformed("a note is not UTF-8 without control characters");
  }
  const std::size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos) {
    return Malformed("a note has no empty line before its signatures");
  }
  Note out;
  out.text = note.substr(0, split + 1);
  DAY_TRY_ASSIGN(out.signatures, ParseSignatureLines(note.substr(split + 2)));
  return out;
}

base::Result<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines) {
  if (lines.size() > kNoteBytesMax) {
    return MakeError(ErrorKind::kLimit, "signature lines are larger than 1 MiB");
  }
  std::vector<NoteSignature> out;
  while (!lines.empty()) {
    if (out.size() == kNoteSignaturesMax) {
      return MakeError(ErrorKind::kLimit, "a note has more than 100 signatures");
    }
    const auto line = TakeLine(&lines);
    if (!line) {
      return Malformed("a signature line does not end in a newline");
    }
    DAY_TRY_ASSIGN(NoteSignature signature, ParseSignatureLine(*line));
    out.push_back(std::move(signature));
  }
  if (out.empty()) {
    return Malformed("a note has no signature");
  }
  return out;
}

base::Result<VerifiedNote> VerifyNote(const Note& note, std::span<const VerifierKey> keys) {
  VerifiedNote out;
  std::vector<bool> seen(keys.size(), false);
  for (std::size_t s = 0; s < note.signatures.size(); ++s) {
    const NoteSignature& signature = note.signatures[s];
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const VerifierKey& key = keys[k];
      if (key.id() != signature.key_id || key.name() != signature.name) {
        continue;
      }
      const bool verifiable = key.kind() != KeyKind::kCosignatureMlDsa44;
      if (verifiable && !key.Verify(note.text, base::AsBytes(signature.signature))) {
        return Malformed("the signature of " + key.name() + " is wrong");
      }
      if (!seen[k]) {
        (verifiable ? out.good : out.not_verified).push_back({k, s});
      }
      seen[k] = true;
    }
  }
  if (out.good.empty()) {
    return Malformed("a note is not signed by any known key");
  }
  return out;
}

}  // namespace day::tlog
