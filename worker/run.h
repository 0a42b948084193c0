// The worker program: composes modules, backend and walls, and runs one session.
#pragma once

namespace day::worker {

// Descriptor 3 is the control socket. Returns only if it was not started by a parent; otherwise
// ends the process without running destructors, which would only take time.
int RunWorker();

}  // namespace day::worker
