// XML texts in UTF-16, as UTF-8: all other readers of XML here look at bytes.
//
//   if (WideXmlReader::IsWideXml(file)) {
//     WideXmlReader reader(file);
//     while (std::optional<document::Part> text = reader.Next(budget, inflater, buffer)) { ... }
//
// Either order of bytes, with its mark or without, as XML 1.0, appendix F, tells them apart. Pages
// of HTML are left to their own reader. Time is linear; the text is paid from the Budget.
// Ownership: what Next() gives is a view into the reader. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/base/budget.h"
#include "libs/base/bytes.h"
#include "libs/unpack/document/part.h"
#include "libs/unpack/inflate/inflate.h"
#include "libs/unpack/inflate/output_buffer.h"

namespace day::unpack::officexml {

class WideXmlReader {
 public:
  explicit WideXmlReader(base::Bytes file) : file_(file) {}

  // Looks at the beginning.
  static bool IsWideXml(base::Bytes file);

  // "(utf-8)", once.
  std::optional<document::Part> Next(base::Budget& budget, inflate::Inflater& inflater,
                                     inflate::OutputBuffer& buffer);
  std::string_view problem() const { return problem_; }

 private:
  base::Bytes file_;
  bool is_read_ = false;
  std::string text_;
  std::string problem_;
};

}  // namespace day::unpack::officexml
