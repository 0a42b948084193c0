// For fuzz targets: takes everything out of a reader of documents under a small budget and checks
// what each must keep to. Ends the program if one does not.
#pragma once

#include <cstdlib>

#include "libs/base/budget.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::document {

template <typename Reader>
void DrainAndCheck(Reader& reader) {
  base::BudgetLimits limits;
  limits.bytes_out_max = 4 * 1024 * 1024;
  limits.file_bytes_max = 1024 * 1024;
  limits.password_tries_max = 4;
  base::Budget budget(limits);
  inflate::Inflater inflater;
  inflate::OutputBuffer buffer;
  volatile unsigned sum = 0;
  while (const auto part = reader.Next(budget, inflater, buffer)) {
    if (part->name.empty() || part->content.size() > limits.file_bytes_max ||
        (!part->has_content && part->gap.empty())) {
      std::abort();
    }
    for (const std::byte byte : part->content) {
      sum = sum + std::to_integer<unsigned>(byte);  // every byte must be readable
    }
    // What the engine does: no purse, no more parts.
    if (budget.exceeded() == base::Limit::kBytesOut || !budget.SpendFile().ok()) {
      break;
    }
  }
  if (budget.bytes_out() > limits.bytes_out_max) {
    std::abort();
  }
}

}  // namespace day::unpack::document
