// Reads every table, string and member of arbitrary bytes.
#include <cstddef>
#include <cstdint>
#include <span>

#include "libs/formats/dex/dex_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using day::formats::dex::DexReader;
  using day::formats::dex::Member;
  using day::formats::dex::Table;
  static DexReader reader;
  reader.Bind(std::as_bytes(std::span(data, size)));
  std::uint64_t seen = reader.StringCount() + reader.MapSize().value_or(0);
  for (const Table table : {Table::kTypes, Table::kProtos, Table::kFields, Table::kMethods,
                            Table::kMap, Table::kClasses}) {
    for (std::uint64_t row = 0; row < reader.RowCount(table); ++row) {
      seen += reader.Cell(table, row, 0).value_or(0);
    }
  }
  for (const Member& field : reader.members().fields) {
    seen += reader.FieldName(field).value_or("").size() +
            reader.FieldClass(field).value_or("").size() +
            reader.FieldProto(field).value_or("").size();
  }
  for (const Member& method : reader.members().methods) {
    seen += reader.MethodName(method).value_or("").size() +
            reader.MethodClass(method).value_or("").size() +
            reader.MethodProto(method).value_or("").size() + (reader.Code(method) ? 1U : 0U);
  }
  volatile std::uint64_t sink = seen;
  (void)sink;
  return 0;
}
