// PartContainer: a Container over any reader of documents (libs/unpack/document/part.h).
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "libs/engine/descend/container.h"
#include "libs/unpack/document/part.h"

namespace day::engine {

inline Origin OriginOf(unpack::document::PartKind kind) {
  switch (kind) {
    case unpack::document::PartKind::kVbaMacro:
      return Origin::kVbaMacro;
    case unpack::document::PartKind::kXlmMacro:
      return Origin::kXlmMacro;
    case unpack::document::PartKind::kMessage:
      return Origin::kMessage;
    case unpack::document::PartKind::kFile:
      break;
  }
  return Origin::kOther;
}

template <typename Reader>
class PartContainer final : public Container {
 public:
  explicit PartContainer(Reader reader) : reader_(std::move(reader)) {}

  std::optional<Item> Next(base::Budget& budget, unpack::inflate::Inflater& inflater,
                           unpack::inflate::OutputBuffer& buffer) override {
    std::optional<unpack::document::Part> part = reader_.Next(budget, inflater, buffer);
    if (!part) {
      return std::nullopt;
    }
    Item item;
    item.name = std::move(part->name);
    item.content = part->content;
    item.has_content = part->has_content;
    item.gap = std::move(part->gap);
    item.is_encrypted = part->is_encrypted;
    item.origin = OriginOf(part->kind);
    return item;
  }

  std::string_view problem() const override { return reader_.problem(); }

 private:
  Reader reader_;
};

}  // namespace day::engine
