// What is said in the log besides releases of rules: a halt, a recall, a release of the program, a
// text to people. One statement, signed by the role that may say it (update::RoleOf()).
//
//   notices/ID/notice.dsse; ID is the kind and eight digits: of the hash of the bundle that is
//   stopped, or of what is said.
//
// Saying the same again finds the notice that there is. Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.h"
#include "libs/update/dsse.h"
#include "libs/update/statement.h"
#include "network/release/log_copy.h"
#include "network/release/metadata.h"
#include "network/release/signing.h"
#include "network/release/workspace.h"

namespace day::network::release {

struct Notice {
  std::string id;
  update::Statement statement;
  update::DsseEnvelope envelope;
};

// A halt or recall. Errors: kNotFound if no release has a hash that begins so, or several have.
base::Result<Notice> MakeStop(const Workspace& workspace, const LogCopy& log,
                              update::StatementKind kind, std::string_view hash_prefix,
                              std::string_view reason, std::int64_t time_s);
// A release of the program: its files, which are only hashed. Errors: kInvalidUse; as
// os::ReadFile().
base::Result<Notice> MakeEngine(const Workspace& workspace, const LogCopy& log,
                                const std::vector<std::string>& files, std::string_view version,
                                std::int64_t time_s);
// Errors: kInvalidUse for no text or too much.
base::Result<Notice> MakeText(const Workspace& workspace, std::string_view text,
                              std::int64_t time_s);

bool IsNoticeId(std::string_view id);
// Errors: kNotFound, kMalformed.
base::Result<Notice> LoadNotice(const Workspace& workspace, const std::string& id);
// Errors: kPermission for what is no signature of a key of the role.
base::Status AddNoticeSignatures(const Workspace& workspace, const Authority& authority,
                                 const std::vector<PartSignature>& signatures, Notice* notice);

}  // namespace day::network::release
