// Private keys in files of mode 0600.
//
// Of people: PKCS #8 in PEM, encrypted or not. Of logs and witnesses, which have names and kinds:
// one line of text as libs/tlog/note.h has it, not encrypted; or, encrypted, the public key (a
// vkey) in the first line and PKCS #8 in PEM behind it, which other tools read too. Thread safety:
// free functions; those that may ask for a passphrase as core::GetPassphrase().
#pragma once

#include <string>
#include <string_view>

#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "libs/tlog/note.h"
#include "network/core/passphrase.h"

namespace day::network::core {

// Makes a new random key, writes it to a file that must not exist, durably, and returns the public
// key as text (a vkey). With an empty passphrase it is not encrypted. Errors: kInvalidUse if the
// file exists or the name is no key name; as os::ErrnoError().
base::Result<std::string> MakeKeyFile(const std::string& path, std::string_view name,
                                      tlog::KeyKind kind, std::string_view passphrase);

// Reads the key of a log or a witness. Errors: kPermission if others than the owner can read the
// file or there is no passphrase; kMalformed (a wrong passphrase looks like this);
// as os::ErrnoError().
base::Result<tlog::SignerKey> LoadKeyFile(const std::string& path, const PassphraseSource& source);

// Writes the key of one file, encrypted, to another that must not exist, and returns the public
// key as text. Errors: as MakeKeyFile() and LoadKeyFile(); kInvalidUse without a passphrase.
base::Result<std::string> EncryptKeyFile(const std::string& path, const PassphraseSource& source,
                                         const std::string& out, std::string_view passphrase);

// Reads a private key that is PKCS #8 in PEM. Errors: as LoadKeyFile().
base::Result<crypto::PrivateKey> LoadPemKeyFile(const std::string& path,
                                                const PassphraseSource& source);

}  // namespace day::network::core
