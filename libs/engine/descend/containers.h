// What some bytes can be opened as. Thread-safe.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "libs/engine/descend/container.h"

namespace day::engine {

struct OpenedContainer {
  std::unique_ptr<Container> container;
  FileType type;  // of those asked for: the one that it was opened as
};

// The containers that these bytes are: none, one, or more. Each decoder is asked with each type,
// and opens them as the first one it knows.
std::vector<OpenedContainer> OpenContainers(Subject subject, std::span<const FileType> types);

}  // namespace day::engine
