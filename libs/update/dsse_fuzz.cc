// Feeds bytes to the readers of DSSE envelopes and statements. What they take must read back the
// same after writing, and no random bytes are signed.
#include <cstdint>
#include <cstdlib>

#include "libs/update/dsse.h"
#include "libs/update/statement.h"
#include "libs/update/testing/world.h"

namespace {

namespace update = day::update;

void CheckStatement(std::string_view payload) {
  const auto statement = update::ParseStatement(payload);
  if (!statement.ok() || statement->kind == update::StatementKind::kUnknown) {
    return;
  }
  const auto again = update::ParseStatement(update::WriteStatement(*statement));
  if (!again.ok() || !(*again == *statement)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  CheckStatement(day::base::AsText(bytes));
  const auto envelope = update::ParseDsse(bytes);
  if (!envelope.ok()) {
    return 0;
  }
  CheckStatement(envelope->payload);
  const std::string text = update::WriteDsse(*envelope);
  if (text.size() <= update::kEntryMaxBytes) {
    const auto again = update::ParseDsse(day::base::AsBytes(text));
    if (!again.ok() || update::WriteDsse(*again) != text) {
      std::abort();
    }
  }
  // A key that no corpus was signed with, under whatever names the envelope has.
  static const day::tuf::Key key = day::tuf::MakeKey(update::testing::WorldKey(999).public_key());
  day::tuf::Keys keys;
  day::tuf::RoleKeys role;
  for (const update::DsseSignature& signature : envelope->signatures) {
    keys[signature.key_id] = key;
    role.key_ids.push_back(signature.key_id);
  }
  if (update::CountSigners(*envelope, keys, role) != 0) {
    std::abort();
  }
  return 0;
}
