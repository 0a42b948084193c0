// Feeds bytes as an endpoint's stored state. What is accepted writes back to the same, and an
// update can be followed from it without harm: it comes out right, or there is an error.
#include <cstdint>
#include <cstdlib>

#include "libs/update/follower.h"
#include "libs/update/testing/world.h"

namespace {

namespace update = day::update;

struct Fixture {
  update::testing::World world;
  day::tlog::Policy policy = world.policy();
  update::Upd upd;

  Fixture() {
    world.Release({{"a.yar", "rule a { condition: false }"}});
    upd = world.MakeUpd();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixture fixture;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto state = update::FollowerState::FromText(day::base::AsText(bytes));
  if (!state.ok()) {
    return 0;
  }
  const auto again = update::FollowerState::FromText(state->ToText());
  if (!again.ok() || again->ToText() != state->ToText()) {
    std::abort();
  }
  (void)state->Candidate();
  (void)state->FreshnessAt(fixture.world.now_s);
  (void)update::Follow(fixture.policy, fixture.upd, fixture.world.now_s, *state);
  return 0;
}
