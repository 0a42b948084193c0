// Adding an entry to a log over HTTP: POST URL/add.
//
// Thread safety: free functions.
#pragma once

#include <string>

#include "libs/base/bytes.h"
#include "libs/base/result.h"

namespace day::network::core {

// Durable in the log when it returns; again changes nothing. `submit_url`: what /add is below.
// Errors: kLimit if the log is busy; kIo for other answers; as of net::HttpClient.
base::Status AddEntry(const std::string& submit_url, base::Bytes entry);

}  // namespace day::network::core
