#include "network/release/log_client.h"

#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "libs/os/system.h"
#include "libs/tlog/merkle.h"
#include "libs/tlog/tile.h"

namespace day::network::release {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::uint32_t kPollMs = 50;
constexpr std::int64_t kMillisecondNs = 1'000'000;

std::string WithSlash(std::string url) { return url.ends_with('/') ? url : url + "/"; }

}  // namespace

LogClient::LogClient(std::string read_url, std::string submit_url)
    : read_url_(WithSlash(std::move(read_url))),
      submit_url_(WithSlash(std::move(submit_url))),
      client_(net::HttpClientOptions{}) {}

base::Result<net::HttpResponse> LogClient::Get(const std::string& path,
                                               std::uint64_t size_max) const {
  DAY_TRY_ASSIGN(const net::Url url, net::ParseUrl(read_url_ + path));
  return client_.Get(url, {.body_max_bytes = size_max});
}

base::Result<std::uint64_t> LogClient::Add(const std::string& entry) const {
  DAY_TRY_ASSIGN(const net::Url url, net::ParseUrl(submit_url_ + "add"));
  DAY_TRY_ASSIGN(const net::HttpResponse response,
                 client_.Post(url, {.content_type = "application/octet-stream", .body = entry},
                              {.body_max_bytes = 1000}));
  std::uint64_t index = 0;
  const char* last = response.body.data() + response.body.size();
  const auto [end, error] = std::from_chars(response.body.data(), last, index);
  if (response.head.status != 200 || error != std::errc() || (end != last && *end != '\n')) {
    return MakeError(ErrorKind::kIo, fmt::format("the log does not take the entry: status {}",
                                                 response.head.status));
  }
  return index;
}

base::Status LogClient::ReadEntries(std::uint64_t size, std::vector<std::string>* entries) const {
  for (std::uint64_t tile = 0; tile * tlog::kTileWidth < size; ++tile) {
    tlog::TileId id{.kind = tlog::TileId::Kind::kEntries,
                    .level = 0,
                    .index = tile,
                    .width = tlog::TileWidthAt(size, 0, tile)};
    const std::uint32_t wanted = id.width;
    DAY_TRY_ASSIGN(net::HttpResponse response, Get(tlog::TilePath(id), tlog::kBundleBytesMax));
    if (response.head.status == 404 && wanted < tlog::kTileWidth) {
      id.width = tlog::kTileWidth;  // it has become full meanwhile
      DAY_TRY_ASSIGN(response, Get(tlog::TilePath(id), tlog::kBundleBytesMax));
    }
    if (response.head.status != 200) {
      return MakeError(ErrorKind::kIo,
                       fmt::format("{}: status {}", tlog::TilePath(id), response.head.status));
    }
    DAY_TRY_ASSIGN(const auto bundle, tlog::ParseBundle(base::AsBytes(response.body), id.width));
    for (std::uint32_t i = 0; i < wanted; ++i) {
      entries->emplace_back(base::AsText(bundle[i]));
    }
  }
  return base::OkStatus();
}

base::Result<LogContent> LogClient::Read(const tlog::Policy& policy, std::uint64_t size_min,
                                         std::uint32_t timeout_ms) const {
  const std::int64_t deadline_ns = os::MonotonicNs() + timeout_ms * kMillisecondNs;
  while (true) {
    DAY_TRY_ASSIGN(const net::HttpResponse response, Get("checkpoint", tlog::kNoteBytesMax));
    const bool published = response.head.status == 200;
    if (!published && size_min == 0) {
      return LogContent{};
    }
    if (published) {
      DAY_TRY_ASSIGN(const tlog::TrustedCheckpoint trusted, policy.Open(response.body));
      if (trusted.checkpoint.size >= size_min) {
        LogContent content{response.body, {}};
        DAY_TRY(ReadEntries(trusted.checkpoint.size, &content.entries));
        tlog::CompactRange range;
        for (const std::string& entry : content.entries) {
          range.Append(tlog::LeafHash(base::AsBytes(entry)));
        }
        if (range.Root() != trusted.checkpoint.root) {
          return MakeError(ErrorKind::kMalformed, "the log's entries do not give its signed root");
        }
        return content;
      }
    }
    if (os::MonotonicNs() > deadline_ns) {
      return MakeError(ErrorKind::kTimeout, "the log has not published the entry in time");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
}

}  // namespace day::network::release
