// make_updates FOLDER: writes a test world's trust files and a series of `.upd` files, for
// functional tests and fuzz corpora. The world's clock is this machine's, so that nothing is
// expired.
//
//   root.json, policy      what an endpoint trusts
//   1.upd                  a release of one rule
//   2.upd                  its successor, with a delta; also as 2-gap.upd (without the entries
//   before), and
//                          2-swapped.upd (another content in place of the bundle)
//   3-broken.upd           a rightly signed release that does not compile
//   4-halt.upd             the halt of release 2
//   5-wide.upd             a rightly signed release that matches every file
//   6-slow.upd             a release with the usual roll-out: not for everybody at once
//   7-silent.upd           a release that takes a rule away and says that it does not
//   fork.upd               another log of the same keys
//   hidden.upd             the halt as a hash only
#include <fmt/core.h>

#include <cstdio>
#include <string>

#include "libs/os/file.h"
#include "libs/os/system.h"
#include "libs/update/testing/world.h"

namespace {

namespace base = day::base;
namespace update = day::update;
using update::testing::World;
using Files = std::map<std::string, std::string>;

constexpr std::int64_t kSecondNs = 1'000'000'000;

bool Write(const std::string& path, std::string_view bytes) {
  return day::os::WriteFileAtomic(path, base::AsBytes(bytes), 0644,
                                  day::os::Durability::kCrashOfProcess)
      .ok();
}

std::string Rule(const std::string& name, const std::string& text) {
  return "rule " + name + " { strings: $a = \"" + text + "\" condition: $a }\n";
}

// A release for everybody at once.
void Release(World* world, const Files& files) {
  update::Statement release = world->NextRelease(files);
  release.emergency = true;
  world->Append(World::Entry(release, {11, 12}));
}

bool MakeAll(const std::string& folder) {
  World world(day::os::RealtimeNs() / kSecondNs);
  const auto put = [&folder](const std::string& name, const update::Upd& upd) {
    return Write(folder + "/" + name + ".upd", update::EncodeUpd(upd));
  };
  bool ok = Write(folder + "/root.json", world.root_json()) &&
            Write(folder + "/policy", world.policy_text());
  Release(&world, {{"one.yar", Rule("first", "daylight-update-first")}});
  ok = ok && put("1", world.MakeUpd());
  World fork = world;
  Release(&world, {{"one.yar", Rule("first", "daylight-update-first")},
                   {"two.yar", Rule("second", "daylight-update-second")}});
  const std::string second = world.releases.back().subjects[0].sha256;
  ok = ok && put("2", world.MakeUpd()) && put("2-gap", world.MakeUpd(update::testing::kFirst + 2));
  update::Upd swapped = world.MakeUpd();
  swapped.payloads = fork.MakeUpd().payloads;
  for (update::UpdPayload& payload : swapped.payloads) {
    payload.result_sha256 = second;
    payload.result_size = world.bundles.back().size();
  }
  ok = ok && put("2-swapped", swapped);
  World broken = world;
  Release(&broken, {{"one.yar", "rule broken { condition: nonsense }\n"}});
  ok = ok && put("3-broken", broken.MakeUpd());
  World wide = world;
  update::Statement other =
      wide.NextRelease({{"one.yar", "rule everything { condition: filesize >= 0 }\n"}});
  other.emergency = true;
  other.removes = true;
  wide.Append(World::Entry(other, {11, 12, 13}));
  ok = ok && put("5-wide", wide.MakeUpd());
  World silent = world;
  Release(&silent, {{"one.yar", Rule("first", "daylight-update-first")}});
  ok = ok && put("7-silent", silent.MakeUpd());
  World slow = world;
  update::Statement late = slow.NextRelease({{"one.yar", Rule("third", "daylight-update-third")}});
  late.rollout = {{100, 6 * 3600}};
  slow.Append(World::Entry(late, {12, 13}));
  ok = ok && put("6-slow", slow.MakeUpd());
  world.Stop(update::StatementKind::kHalt, second, "it is too slow", {21});
  ok =
      ok && put("4-halt", world.MakeUpd()) && put("hidden", world.MakeUpd(0, world.entries.size()));
  Release(&fork, {{"one.yar", Rule("forked", "daylight-update-forked")}});
  return ok && put("fork", fork.MakeUpd());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_updates FOLDER\n");
    return 2;
  }
  if (!day::os::MakeFolders(argv[1], 0755).ok() || !MakeAll(argv[1])) {
    fmt::print(stderr, "make_updates: cannot write to {}\n", argv[1]);
    return 1;
  }
  return 0;
}
