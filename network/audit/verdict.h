// A third party's verdict on a bundle: an entry of the log, signed by a key of the role "rebuild".
//
// The statement follows from the release and the verdict alone, so that saying it again adds
// nothing. Thread safety: one thread.
#pragma once

#include <string>

#include "libs/base/result.h"
#include "libs/crypto/signature.h"
#include "network/audit/commands.h"
#include "network/audit/release_watch.h"

namespace day::network::audit {

class VerdictSigner {
 public:
  // From --key, --passphrase-file and --submit. Errors: kInvalidUse; as core::LoadPemKeyFile().
  static base::Result<VerdictSigner> Open(const Flags& flags);

  // Errors: as core::AddEntry().
  base::Status Post(const Verdict& verdict) const;

 private:
  VerdictSigner(crypto::PrivateKey key, std::string submit)
      : key_(std::move(key)), submit_(std::move(submit)) {}

  crypto::PrivateKey key_;
  std::string submit_;
};

}  // namespace day::network::audit
