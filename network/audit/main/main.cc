// daylight-audit: everything is in network/audit.
#include "network/audit/audit.h"

int main(int argc, char** argv) { return day::network::audit::RunAudit(argc, argv); }
