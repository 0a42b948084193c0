// The log as a releaser uses it: adding an entry, waiting until witnesses have seen it, reading
// all.
//
// Nothing that the log says is believed but by the policy and by hashing every entry again.
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/result.h"
#include "libs/net/http_client.h"
#include "libs/tlog/policy.h"

namespace day::network::release {

struct LogContent {
  std::string checkpoint;  // the note; empty: the log has published nothing yet
  std::vector<std::string> entries;
};

class LogClient {
 public:
  // `read_url` serves tiles and checkpoint, `submit_url` takes entries at /add.
  LogClient(std::string read_url, std::string submit_url);

  // Returns the entry's index. Errors: kIo if the log does not take it; as net::HttpClient.
  base::Result<std::uint64_t> Add(const std::string& entry) const;
  // Everything that the log has published, hashed again and compared with the checkpoint. Waits for
  // a checkpoint of at least `size_min` entries. Errors: kTimeout; kMalformed if the entries do not
  // give the root; the policy's.
  base::Result<LogContent> Read(const tlog::Policy& policy, std::uint64_t size_min,
                                std::uint32_t timeout_ms) const;

 private:
  base::Result<net::HttpResponse> Get(const std::string& path, std::uint64_t size_max) const;
  base::Status ReadEntries(std::uint64_t size, std::vector<std::string>* entries) const;

  std::string read_url_;
  std::string submit_url_;
  net::HttpClient client_;
};

}  // namespace day::network::release
