// Trusted metadata in a folder: one file a role, replaced atomically and durably.
//
// Thread safety: one thread; one process a folder.
#pragma once

#include <string>

#include "libs/tuf/client.h"

namespace day::endpoint::tufclient {

class FolderStore : public tuf::MetadataStore {
 public:
  explicit FolderStore(std::string folder) : folder_(std::move(folder)) {}

  base::Result<std::string> Read(const std::string& file, std::uint64_t size_max_bytes) override;
  base::Status Write(const std::string& file, base::Bytes bytes) override;
  base::Status Erase(const std::string& file) override;

 private:
  std::string folder_;
};

}  // namespace day::endpoint::tufclient
