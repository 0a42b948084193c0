// daylight-worker: the sandboxed process that parses and matches. Started by `daylight` with its
// control socket as descriptor 3; it is of no use by itself.
#include "worker/run.h"

int main() { return day::worker::RunWorker(); }
