// What an Engine keeps from file to file: matchers, settings and buffers. Internal to libs/engine.
//
// Thread safety: none; it belongs to one Engine, and so to one thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "libs/engine/body_signature_matcher.h"
#include "libs/engine/certificate_matcher.h"
#include "libs/engine/descend/content.h"
#include "libs/engine/engine.h"
#include "libs/engine/hash_matcher.h"
#include "libs/engine/link_matcher.h"
#include "libs/engine/near_matcher.h"
#include "libs/engine/object_matcher.h"
#include "libs/signatures/filetypes/filetype_table.h"
#include "libs/signatures/icons/icon_table.h"
#include "libs/signatures/metadata/metadata_matcher.h"
#include "libs/unpack/inflate/inflate.h"

namespace day::engine {

// A matcher is null if there is nothing that it could match.
struct Engine::State {
  std::unique_ptr<ObjectMatcher> matcher;
  std::unique_ptr<HashMatcher> hashes;
  std::unique_ptr<NearMatcher> near;
  std::unique_ptr<signatures::icons::IconTable> icons;
  std::unique_ptr<LinkMatcher> links;
  std::unique_ptr<BodySignatureMatcher> bodies;
  Wanted wanted;  // copies that body signatures look at
  std::unique_ptr<signatures::metadata::MetadataMatcher> metadata;
  std::unique_ptr<signatures::filetypes::FileTypeTable> file_types;
  std::unique_ptr<CertificateMatcher> certificates;
  std::vector<std::string> zip_passwords;
  std::vector<std::string> rar_passwords;
  std::set<std::string, std::less<>> ignored_rules;  // rules of the database that are left out
  EngineOptions options;
  unpack::inflate::Inflater inflater;
  // buffers[i] holds what frame i decoded; kept between files.
  std::vector<unpack::inflate::OutputBuffer> buffers;
};

}  // namespace day::engine
