// Small questions to the system: time, randomness, paths, terminals, descriptors, stop requests.
//
// Thread safety: safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "libs/base/result.h"

namespace day::os {

// Monotonic time, and time of day, in nanoseconds; and the processor time of this process.
std::int64_t MonotonicNs();
std::int64_t RealtimeNs();
std::int64_t ProcessCpuNs();

// Fills with bytes from the kernel's generator. Errors: kIo.
base::Status FillRandom(std::span<std::byte> out);

// The folder and full path of the running program. Errors: as ErrnoError.
base::Result<std::string> ExecutablePath();
// $XDG_CACHE_HOME/daylight or ~/.cache/daylight; empty if there is neither. Not created.
std::string UserCacheFolder();

bool IsTerminal(int fd);
// Columns of the terminal `fd`; 80 if it does not say.
std::size_t TerminalColumns(int fd);

// Raises the soft limit of open descriptors to the hard one (at most `wanted`); returns the limit.
std::uint64_t RaiseDescriptorLimit(std::uint64_t wanted);
// Processors this process may run on, at least 1.
std::uint32_t ProcessorCount();

// Makes SIGINT and SIGTERM set a flag instead of ending the program; a second one ends it. The flag
// is global because a signal handler can reach nothing else.
void CatchStopSignals();
bool StopRequested();

}  // namespace day::os
