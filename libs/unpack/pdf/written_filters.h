// Which filters the dictionary of a stream names, wherever in its text: for dictionaries that are
// damaged, which say still what is meant.
//
// Linear in the text. Functions without state: thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/unpack/pdf/filters.h"

namespace day::unpack::pdf {

struct WrittenFilter {
  Filter filter = Filter::kFlate;
  FilterParameters parameters;
};

// In their order, up to the first one of images, with the parameters that stand anywhere in the
// text. A name that goes on behind that of a filter counts. None: Flate, if the data looks like it.
std::vector<WrittenFilter> FiltersWrittenIn(std::string_view dictionary, base::Bytes data);

}  // namespace day::unpack::pdf
