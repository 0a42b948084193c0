#include "libs/rules/modules/registry.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace day::rules::modules {
namespace {

using module::Field;
using module::Kind;

// Every field below `field`, with its path. Elements of arrays have the array's path and "[]".
void Collect(const Field& field, const std::string& path,
             std::vector<std::pair<std::string, const Field*>>& found) {
  for (const Field& child : field.children) {
    const std::string child_path =
        child.name.empty() ? path + "[]" : path + "." + std::string(child.name);
    found.emplace_back(child_path, &child);
    Collect(child, child_path, found);
  }
}

TEST(AllModules, FindsModulesByName) {
  const AllModules modules;
  std::set<std::string_view> names;
  for (const module::Module* module : modules.modules()) {
    EXPECT_TRUE(names.insert(module->name()).second) << module->name() << " is there twice";
    EXPECT_EQ(modules.Find(module->name()), module);
    EXPECT_EQ(module->name(), module->root().name);
  }
  EXPECT_EQ(modules.Find("no_such_module"), nullptr);
  EXPECT_NE(modules.Find("elf"), nullptr);
  EXPECT_NE(modules.Find("math"), nullptr);
}

TEST(AllModules, SchemasAreWellFormed) {
  const AllModules modules;
  for (const module::Module* module : modules.modules()) {
    EXPECT_EQ(module->root().kind, Kind::kStruct) << module->name();
    std::vector<std::pair<std::string, const Field*>> fields;
    Collect(module->root(), std::string(module->name()), fields);
    std::map<std::uint16_t, std::string> paths;
    for (const auto& [path, field] : fields) {
      if (field->kind == Kind::kArray || field->kind == Kind::kDictionary) {
        ASSERT_EQ(field->children.size(), 1U) << path;
        EXPECT_TRUE(field->children[0].name.empty()) << path;
      }
      if (field->constant) {
        EXPECT_TRUE(field->defined_without_format) << path;
        continue;
      }
      if (field->kind == Kind::kStruct) {
        continue;
      }
      // Overloads of one function may share an id; nothing else may.
      const auto [other, is_new] = paths.emplace(field->id, path);
      EXPECT_TRUE(is_new || (field->kind == Kind::kFunction && other->second == path))
          << path << " has the id of " << other->second;
    }
  }
}

TEST(AllModules, EveryModuleSurvivesAnEmptyFile) {
  const AllModules modules;
  const std::function<void(std::string_view)> console = [](std::string_view) {};
  for (const module::Module* module : modules.modules()) {
    const auto instance = module->CreateInstance();
    instance->Bind({.data = {}, .module_data = {}, .console = &console});
    for (const Field& field : module->root().children) {
      if (field.constant || field.kind == Kind::kStruct || field.kind == Kind::kFunction) {
        continue;
      }
      if (field.kind == Kind::kArray || field.kind == Kind::kDictionary) {
        EXPECT_EQ(instance->Length(field.id, {}).value_or(0), 0U) << field.name;
      } else {
        (void)instance->Get(field.id, {});
      }
    }
  }
}

}  // namespace
}  // namespace day::rules::modules
