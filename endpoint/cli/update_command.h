// `daylight update`, `verify`, `log`, `explain`, `trust`, `rollback`: updates for people.
//
// Each prints to standard output what is so, and to standard error what is wrong. Exit codes: 0 if
// all is well, 2 if not. None of them parses rules: what is inside a release is compared in the
// sandbox.
#pragma once

#include "endpoint/cli/cli.h"

namespace day::endpoint::cli {

int RunUpdate(const Arguments& arguments);
int RunVerify(const Arguments& arguments);
int RunLog(const Arguments& arguments);
int RunExplain(const Arguments& arguments);
int RunTrust(const Arguments& arguments);
int RunRollback(const Arguments& arguments);

}  // namespace day::endpoint::cli
