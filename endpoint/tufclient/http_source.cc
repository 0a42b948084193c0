#include "endpoint/tufclient/http_source.h"

#include <fmt/core.h>

namespace day::endpoint::tufclient {

HttpSource::HttpSource(std::string base_url)
    : base_url_(std::move(base_url)), client_(net::HttpClientOptions{}) {
  if (!base_url_.ends_with('/')) {
    base_url_ += '/';
  }
}

base::Result<std::string> HttpSource::Fetch(const std::string& path, std::uint64_t size_max_bytes) {
  DAY_TRY_ASSIGN(const net::Url url, net::ParseUrl(base_url_ + path));
  DAY_TRY_ASSIGN(net::HttpResponse response, client_.Get(url, {.body_max_bytes = size_max_bytes}));
  switch (response.head.status) {
    case 200:
      return std::move(response.body);
    case 403:
    case 404:
      return base::MakeError(base::ErrorKind::kNotFound, url.ToText() + ": not found");
    default:
      return base::MakeError(base::ErrorKind::kIo,
                             fmt::format("{}: status {}", url.ToText(), response.head.status));
  }
}

}  // namespace day::endpoint::tufclient
