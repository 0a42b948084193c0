// What some bytes can be opened as. Thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "libs/engine/descend/container.h"

namespace day::engine {

// The containers that these bytes are: none, one, or more.
std::vector<std::unique_ptr<Container>> OpenContainers(const Subject& subject);

}  // namespace day::engine
