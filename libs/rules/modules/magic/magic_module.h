// The module `magic` (YARA 4.5.8, docs/modules/magic.rst): type() and mime_type() by libmagic.
//
//   auto magic = std::make_unique<MagicModule>();
//   if (Status opened = magic->Preload(1); !opened.ok()) { ... }   // while files can be opened
//   // ... close the sandbox, scan ...
//
// libmagic reads its database from a file. An instance needs an open database of its own, taken
// when a rule first asks: from those that Preload() opened, else by opening one then. In a sandbox
// without files only the preloaded ones work; without any, both functions are undefined. Preload as
// many as there are scanners at a time. An instance gives its database back when it is destroyed.
// libmagic parses untrusted input in C: it belongs into the sandboxed process only.
// Thread safety: all const functions and Preload() are safe.
#pragma once

#include <cstddef>
#include <memory>

#include "libs/base/result.h"
#include "libs/rules/module/module.h"

namespace day::rules::modules::magic {

// Databases that Preload() keeps open at most; each maps the compiled file (7 MB on Debian).
inline constexpr std::size_t kPreloadMax = 64;

class DatabasePool;

class MagicModule final : public module::Module {
 public:
  MagicModule();
  ~MagicModule() override;

  // Opens databases until `count` are at hand. Errors: kIo with libmagic's words, kLimit.
  base::Status Preload(std::size_t count);

  std::string_view name() const override;
  const module::Field& root() const override;
  module::Format format() const override { return module::Format::kAny; }
  std::unique_ptr<module::Instance> CreateInstance() const override;

 private:
  // Shared with the instances, which may outlive the module and give databases back.
  std::shared_ptr<DatabasePool> pool_;
};

std::unique_ptr<MagicModule> CreateMagicModule();

}  // namespace day::rules::modules::magic
