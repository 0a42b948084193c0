#include "network/audit/source.h"

#include <fmt/format.h>

#include "libs/net/http_client.h"
#include "libs/os/file.h"
#include "libs/tlog/note.h"

namespace day::network::audit {
namespace {

using base::ErrorKind;
using base::MakeError;

constexpr std::uint32_t kStallTimeoutMs = 10'000;
constexpr std::uint32_t kTotalTimeoutMs = 120'000;

base::Result<std::string> GetUrl(const std::string& url, std::uint64_t size_max_bytes) {
  DAY_TRY_ASSIGN(const net::Url parsed, net::ParseUrl(url));
  net::HttpLimits limits;
  limits.body_max_bytes = size_max_bytes;
  limits.stall_timeout_ms = kStallTimeoutMs;
  limits.total_timeout_ms = kTotalTimeoutMs;
  const net::HttpClient client({});
  DAY_TRY_ASSIGN(net::HttpResponse response, client.Get(parsed, limits));
  if (response.head.status == 200) {
    return std::move(response.body);
  }
  return MakeError(response.head.status == 404 ? ErrorKind::kNotFound : ErrorKind::kIo,
                   fmt::format("{}: HTTP {}", url, response.head.status));
}

}  // namespace

base::Result<Source> OpenSource(const std::string& where) {
  std::string top = where;
  while (top.size() > 1 && top.back() == '/') {
    top.pop_back();
  }
  if (top.starts_with("http://") || top.starts_with("https://")) {
    DAY_TRY(net::ParseUrl(top));
    return Source([top](const std::string& path, std::uint64_t size_max_bytes) {
      return GetUrl(top + "/" + path, size_max_bytes);
    });
  }
  if (os::StatPath(top + "/public/checkpoint", os::Symlinks::kFollow).ok()) {
    top += "/public";
  } else if (!os::StatPath(top, os::Symlinks::kFollow).ok()) {
    return MakeError(ErrorKind::kNotFound, where + ": neither a URL nor a folder");
  }
  return Source([top](const std::string& path, std::uint64_t size_max_bytes) {
    return os::ReadFile(top + "/" + path, size_max_bytes);
  });
}

base::Result<std::string> ReadCheckpoint(const Source& source) {
  return source("checkpoint", tlog::kNoteBytesMax);
}

base::Result<std::string> ReadTile(const Source& source, const tlog::TileId& id) {
  return source(tlog::TilePath(id), id.kind == tlog::TileId::Kind::kEntries ? tlog::kBundleBytesMax
                                                                            : tlog::kTileBytesMax);
}

tlog::TileNodes::Reader TileReader(const Source& source) {
  return [&source](const tlog::TileId& id) { return ReadTile(source, id); };
}

}  // namespace day::network::audit
