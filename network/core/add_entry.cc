#include "network/core/add_entry.h"

#include <fmt/core.h>

#include "libs/net/http_client.h"

namespace day::network::core {

using base::ErrorKind;
using base::MakeError;

base::Status AddEntry(const std::string& submit_url, base::Bytes entry) {
  constexpr std::uint64_t kAnswerMaxBytes = 64 * 1024;
  const std::string separator = submit_url.ends_with('/') ? "" : "/";
  DAY_TRY_ASSIGN(const net::Url url, net::ParseUrl(submit_url + separator + "add"));
  const net::HttpPost post{.content_type = "application/octet-stream", .body = base::AsText(entry)};
  const net::HttpClient client(net::HttpClientOptions{});
  DAY_TRY_ASSIGN(const net::HttpResponse response,
                 client.Post(url, post, {.body_max_bytes = kAnswerMaxBytes}));
  if (response.head.status == 503) {
    return MakeError(ErrorKind::kLimit, url.ToText() + ": the log is busy; try again later");
  }
  if (response.head.status != 200) {
    return MakeError(ErrorKind::kIo,
                     fmt::format("{}: status {}", url.ToText(), response.head.status));
  }
  return base::OkStatus();
}

}  // namespace day::network::core
