// Feeds bytes as a `.upd` file, with and without a right checksum, to an endpoint that knows the
// first entry of a log. Whatever the file says: the tree only grows, the time only rises, no
// release appears that was not signed, and the state survives being stored.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "libs/crypto/hash.h"
#include "libs/update/follower.h"
#include "libs/update/testing/world.h"

namespace {

namespace update = day::update;

struct Fixture {
  update::testing::World world;
  day::tlog::Policy policy = world.policy();
  update::FollowerState state;

  Fixture() {
    world.Release({{"a.yar", "rule a { condition: false }"}});
    const update::FollowerState fresh =
        update::StartFollowing(day::base::AsBytes(world.root_json())).value();
    state = update::Follow(policy, world.MakeUpd(), world.now_s, fresh).value().state;
  }
};

void Try(day::base::Bytes bytes) {
  static const Fixture fixture;
  const auto upd = update::DecodeUpd(bytes);
  if (!upd.ok()) {
    return;
  }
  if (update::EncodeUpd(*upd) != day::base::AsText(bytes)) {
    std::abort();
  }
  const auto followed = update::Follow(fixture.policy, *upd, fixture.world.now_s, fixture.state);
  if (followed.ok()) {
    const update::FollowerState& state = followed->state;
    if (state.range.size() < fixture.state.range.size() || state.time_s < fixture.state.time_s ||
        update::FollowerState::FromText(state.ToText()).value().ToText() != state.ToText()) {
      std::abort();
    }
  }
  const auto bundle =
      update::TakeBundle(*upd, fixture.world.releases[0], day::base::AsBytes("base"));
  if (bundle.ok() && *bundle != fixture.world.bundles[0]) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  Try(bytes);
  std::string whole(day::base::AsText(bytes));
  whole += day::base::AsText(day::crypto::Sha256(bytes));
  Try(day::base::AsBytes(whole));
  return 0;
}
