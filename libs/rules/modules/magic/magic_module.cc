#include "libs/rules/modules/magic/magic_module.h"

#include <magic.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/rules/module/schema.h"

namespace day::rules::modules::magic {
namespace {

using module::Field;
using module::Kind;
using module::Value;

enum Id : std::uint16_t { kMimeType = 1, kType };

constexpr Field kFields[] = {
    Always(module::Function("mime_type", kMimeType, "", Kind::kString)),
    Always(module::Function("type", kType, "", Kind::kString)),
};
constexpr Field kRoot = module::Struct("magic", kFields);

struct CloseDatabase {
  void operator()(magic_t database) const { magic_close(database); }
};
using Database = std::unique_ptr<magic_set, CloseDatabase>;

base::Result<Database> OpenDatabase() {
  Database database(magic_open(MAGIC_NONE));
  if (database == nullptr) {
    return base::MakeError(base::ErrorKind::kIo, "libmagic cannot be initialised");
  }
  if (magic_load(database.get(), nullptr) != 0) {
    const char* words = magic_error(database.get());
    return base::MakeError(base::ErrorKind::kIo, std::string("libmagic has no database: ") +
                                                     (words == nullptr ? "no reason" : words));
  }
  return database;
}

}  // namespace

class DatabasePool {
 public:
  base::Status Fill(std::size_t count) {
    if (count > kPreloadMax) {
      return base::MakeError(base::ErrorKind::kLimit, "kPreloadMax: too many magic databases");
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    while (idle_.size() < count) {
      DAY_TRY_ASSIGN(Database database, OpenDatabase());
      idle_.push_back(std::move(database));
    }
    return base::OkStatus();
  }

  // Null if there is none and none can be opened.
  Database Take() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        Database database = std::move(idle_.back());
        idle_.pop_back();
        return database;
      }
    }
    base::Result<Database> opened = OpenDatabase();
    return opened.ok() ? std::move(opened).value() : nullptr;
  }

  void GiveBack(Database database) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (database != nullptr && idle_.size() < kPreloadMax) {
      idle_.push_back(std::move(database));
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Database> idle_;  // guarded by mutex_
};

namespace {

class MagicInstance final : public module::FunctionsInstance {
 public:
  explicit MagicInstance(std::shared_ptr<DatabasePool> pool) : pool_(std::move(pool)) {}
  ~MagicInstance() override { pool_->GiveBack(std::move(database_)); }

  void Bind(const module::ScanInput& input) override {
    FunctionsInstance::Bind(input);
    mime_type_.reset();
    type_.reset();
  }

  Value Call(std::uint16_t id, std::span<const module::Index>,
             std::span<const module::Argument>) override {
    Answer& answer = id == kMimeType ? mime_type_ : type_;
    if (!answer) {
      answer = Ask(id == kMimeType ? MAGIC_MIME_TYPE : MAGIC_NONE);
    }
    return *answer ? Value::String(**answer) : Value::Undefined();
  }

 private:
  // Outer: asked; inner: libmagic had an answer.
  using Answer = std::optional<std::optional<std::string>>;

  std::optional<std::string> Ask(int flags) {
    // An empty file is nothing to look at for YARA.
    if (input().data.empty()) {
      return std::nullopt;
    }
    if (database_ == nullptr && !unavailable_) {
      database_ = pool_->Take();
      unavailable_ = database_ == nullptr;
    }
    if (database_ == nullptr) {
      return std::nullopt;
    }
    magic_setflags(database_.get(), flags);
    const char* text = magic_buffer(database_.get(), input().data.data(), input().data.size());
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
  }

  std::shared_ptr<DatabasePool> pool_;
  Database database_;
  bool unavailable_ = false;  // asked for in vain: not again for every file
  Answer mime_type_;
  Answer type_;
};

}  // namespace

MagicModule::MagicModule() : pool_(std::make_shared<DatabasePool>()) {}
MagicModule::~MagicModule() = default;

base::Status MagicModule::Preload(std::size_t count) { return pool_->Fill(count); }

std::string_view MagicModule::name() const { return kRoot.name; }
const Field& MagicModule::root() const { return kRoot; }

std::unique_ptr<module::Instance> MagicModule::CreateInstance() const {
  return std::make_unique<MagicInstance>(pool_);
}

std::unique_ptr<MagicModule> CreateMagicModule() { return std::make_unique<MagicModule>(); }

}  // namespace day::rules::modules::magic
