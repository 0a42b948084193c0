// Where a log is read from: a folder or a URL, both laid out as tlog-tiles says. Nothing that comes
// from there is believed before it was checked.
//
// Thread safety: a Source may be called from several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "libs/base/result.h"
#include "libs/tlog/tile.h"

namespace day::network::audit {

// The bytes of a file of the log. Errors: kNotFound; kLimit above size_max_bytes; what the network
// or the disk says.
using Source =
    std::function<base::Result<std::string>(const std::string& path, std::uint64_t size_max_bytes)>;

// "http://..." and "https://..." are URLs, everything else is a folder. A folder with
// `public/checkpoint` in it is taken for a log's own folder. Errors: kMalformed for a bad URL,
// kNotFound.
base::Result<Source> OpenSource(const std::string& where);

base::Result<std::string> ReadCheckpoint(const Source& source);
base::Result<std::string> ReadTile(const Source& source, const tlog::TileId& id);
tlog::TileNodes::Reader TileReader(const Source& source);

}  // namespace day::network::audit
