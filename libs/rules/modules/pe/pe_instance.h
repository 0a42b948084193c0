// The answers of the `pe` module for one file at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "libs/rules/module/module.h"
#include "libs/rules/modules/pe/pe_file.h"
#include "libs/rules/modules/pe/pe_schema.h"

namespace day::rules::modules::pe {

class PeInstance final : public module::Instance {
 public:
  using Indices = std::span<const module::Index>;
  using Arguments = std::span<const module::Argument>;

  void Bind(const module::ScanInput& input) override { file_.Bind(input.data); }
  module::Value Get(std::uint16_t id, Indices indices) override;
  std::optional<std::uint64_t> Length(std::uint16_t id, Indices indices) override;
  std::string_view KeyAt(std::uint16_t id, Indices indices, std::uint64_t position) override;
  module::Value Call(std::uint16_t id, Indices indices, Arguments arguments) override;

 private:
  // Each answers for one group of ids (see Id). REQUIRES: file_.is_pe().
  module::Value GetHeader(std::uint16_t id);
  module::Value GetHeaderTable(std::uint16_t id, Indices indices);
  module::Value GetRich(std::uint16_t id);
  module::Value GetResource(std::uint16_t id, Indices indices);
  module::Value GetImport(std::uint16_t id, Indices indices);
  module::Value GetExport(std::uint16_t id, Indices indices);
  module::Value GetSignature(std::uint16_t id, Indices indices);
  module::Value GetCountersignature(std::uint16_t id, Indices indices);
  module::Value GetCertificate(std::uint16_t id, Indices indices);

  // In pe_functions.cc.
  module::Value CallImports(std::uint16_t id, Arguments arguments);
  module::Value CallImportRva(std::uint16_t id, Arguments arguments);
  module::Value CallExports(std::uint16_t id, Arguments arguments);
  module::Value CallRich(std::uint16_t id, Arguments arguments);
  module::Value CallOther(std::uint16_t id, Indices indices, Arguments arguments);
  std::optional<std::uint64_t> ExportIndex(std::uint16_t id, const module::Argument& argument);
  module::Value SectionIndex(std::uint16_t id, const module::Argument& argument);
  module::Value HasLanguage(std::uint64_t wanted, std::uint64_t mask);
  module::Value ValidOn(Indices indices, std::int64_t time);

  PeFile file_;
};

// The element that an index addresses; null if there is none.
template <typename Range>
auto ElementAt(const Range& range, std::span<const module::Index> indices, std::size_t level)
    -> decltype(&range[0]) {
  if (level >= indices.size()) {
    return nullptr;
  }
  const std::int64_t number = indices[level].number;
  return number >= 0 && static_cast<std::uint64_t>(number) < range.size()
             ? &range[static_cast<std::size_t>(number)]
             : nullptr;
}

}  // namespace day::rules::modules::pe
