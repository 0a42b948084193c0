#include "endpoint/scan/externals.h"

#include <string>

namespace day::endpoint::scan {

std::vector<workerproto::External> StandardExternals() {
  std::vector<workerproto::External> externals;
  for (const char* name : {"filename", "filepath", "extension", "filetype", "owner"}) {
    externals.push_back({name, std::string()});
  }
  return externals;
}

}  // namespace day::endpoint::scan
