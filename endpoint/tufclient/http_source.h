// Metadata and targets from one web server.
//
// Thread safety: one thread.
#pragma once

#include <string>

#include "libs/net/http_client.h"
#include "libs/tuf/client.h"

namespace day::endpoint::tufclient {

class HttpSource : public tuf::MetadataSource {
 public:
  // `base_url` is the folder that paths are relative to, with or without a slash at its end.
  explicit HttpSource(std::string base_url);

  // Statuses 404 and 403 are kNotFound: stores like S3 answer 403 for what is not there.
  base::Result<std::string> Fetch(const std::string& path, std::uint64_t size_max_bytes) override;

 private:
  std::string base_url_;
  net::HttpClient client_;
};

}  // namespace day::endpoint::tufclient
