// Signed notes and their keys: signed-note (C2SP, v1.0.0) with the cosignatures of tlog-cosignature
// (C2SP, v1.0.1).
//
//   DAY_TRY_ASSIGN(const VerifierKey key,
//   VerifierKey::Parse("example.com/log+530d903a+AekyeR...")); DAY_TRY_ASSIGN(const Note note,
//   ParseNote(text)); DAY_TRY_ASSIGN(const VerifiedNote verified, VerifyNote(note, keys));
//
// Three types of keys: an Ed25519 signature over the text (0x01), a timestamped Ed25519 cosignature
// of a checkpoint (0x04), and a timestamped ML-DSA-44 cosignature (0x06), which is parsed but
// cannot be verified with this library: it never counts, and VerifyNote() says that it was there.
// A note's text must be ignored until VerifyNote() succeeded.
// Thread safety: const operations are safe. Ownership: values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/base/result.h"
#include "libs/crypto/secret.h"
#include "libs/crypto/signature.h"

namespace day::tlog {

inline constexpr std::size_t kNoteBytesMax = 1u << 20;
inline constexpr std::size_t kNoteSignaturesMax = 100;
inline constexpr std::size_t kKeyNameBytesMax = 255;
inline constexpr std::size_t kSeedBytes = 32;

// The type of a key: the byte that goes into its id.
enum class KeyKind : std::uint8_t {
  kEd25519 = 0x01,
  kCosignatureEd25519 = 0x04,
  kCosignatureMlDsa44 = 0x06,  // recognised, not verified
};

// Not empty, UTF-8 without control characters, without Unicode spaces and without '+'.
bool IsKeyName(std::string_view name);

// SHA-256(name || 0x0A || kind || public key)[:4], big-endian.
std::uint32_t KeyId(std::string_view name, KeyKind kind, base::Bytes public_key);

// A public key with a name: a "vkey".
class VerifierKey {
 public:
  // Errors: kMalformed (also if the key id is not the one of this name, type and key);
  // kUnsupported for other types.
  static base::Result<VerifierKey> Parse(std::string_view vkey);
  // REQUIRES: kind is an Ed25519 one. Errors: kMalformed for a bad name or key.
  static base::Result<VerifierKey> Create(std::string_view name, KeyKind kind,
                                          base::Bytes public_key);

  const std::string& name() const { return name_; }
  std::uint32_t id() const { return id_; }
  KeyKind kind() const { return kind_; }
  // The raw public key: 32 bytes, or 1312 for ML-DSA-44.
  const std::string& public_key() const { return public_key_; }
  // Name, hexadecimal id and base64 key, joined by '+'.
  std::string ToText() const;

  // Whether `signature` (what stands behind the key id) is one of this key over a note's text.
  // Always false for ML-DSA-44.
  bool Verify(std::string_view text, base::Bytes signature) const;

 private:
  std::string name_;
  std::uint32_t id_ = 0;
  KeyKind kind_ = KeyKind::kEd25519;
  std::string public_key_;
  std::optional<crypto::PublicKey> ed25519_;
};

// A private key with a name: "PRIVATE+KEY+<name>+<id>+<base64 of type and seed>", as Go's
// golang.org/x/mod/sumdb/note writes it.
class SignerKey {
 public:
  // Errors: kMalformed; kUnsupported for types that are not Ed25519.
  static base::Result<SignerKey> Parse(std::string_view skey);
  // From a seed of kSeedBytes random bytes. Errors: kMalformed for a bad name or seed.
  static base::Result<SignerKey> Create(std::string_view name, KeyKind kind, base::Bytes seed);

  const VerifierKey& verifier() const { return verifier_; }
  // The private key as text, without a newline, and the seed alone.
  crypto::SecretBytes RevealSecretText() const;
  const crypto::SecretBytes& RevealSeed() const { return seed_; }

  // The signature line ("(em dash) name base64\n") over a note's text. `time_s` (seconds since
  // 1970) goes into cosignatures and is not used by the others. Errors: kInternal; kInvalidUse for
  // a cosignature's time of 0 or above 2^63 - 1.
  base::Result<std::string> Sign(std::string_view text, std::uint64_t time_s) const;

 private:
  SignerKey(VerifierKey verifier, crypto::PrivateKey key, crypto::SecretBytes seed)
      : verifier_(std::move(verifier)), key_(std::move(key)), seed_(std::move(seed)) {}

  VerifierKey verifier_;
  crypto::PrivateKey key_;
  crypto::SecretBytes seed_;
};

// One signature line.
struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string signature;  // the bytes behind the key id

  // The time of a cosignature, seconds since 1970. REQUIRES: at least 8 bytes of signature.
  std::uint64_t CosignatureTime() const;
  // The line as it stands in a note, with its newline.
  std::string ToLine() const;
};

struct Note {
  std::string text;  // with its last newline, without the empty line behind it
  std::vector<NoteSignature> signatures;

  std::string ToText() const;
};

// Splits a note; nothing is verified. Errors: kMalformed; kLimit for more than kNoteBytesMax bytes
// or kNoteSignaturesMax signatures.
base::Result<Note> ParseNote(std::string_view note);
// Signature lines alone, at least one: what a witness answers. Errors: as ParseNote().
base::Result<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines);

// What VerifyNote() found: indices into the keys it was given and the note's signatures.
struct VerifiedNote {
  struct Match {
    std::size_t key = 0;
    std::size_t signature = 0;
  };
  // One for each key that signed: its first signature, though all of them were checked.
  std::vector<Match> good;
  // Signatures of known ML-DSA-44 keys: there, but not verified. They count for nothing.
  std::vector<Match> not_verified;
};

// Checks the signatures of known keys (name and id alike) and ignores all others.
// Errors: kMalformed if any signature of a known key is wrong, or if no known key signed.
base::Result<VerifiedNote> VerifyNote(const Note& note, std::span<const VerifierKey> keys);

}  // namespace day::tlog
