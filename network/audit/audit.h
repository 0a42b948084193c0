// daylight-audit: for everyone who does not want to believe. Needs nothing from the log's operator
// but public files and public keys. Exit codes: 0 everything checked is right, 1 something is wrong
// or failed, 2 wrong use.
#pragma once

namespace day::network::audit {

int RunAudit(int argc, char** argv);

}  // namespace day::network::audit
