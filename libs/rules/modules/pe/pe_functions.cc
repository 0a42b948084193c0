// The functions of the `pe` module.
#include "libs/rules/module/schema.h"
#include "libs/rules/modules/pe/pe_instance.h"

namespace day::rules::modules::pe {
namespace {

using formats::pe::EqualsIgnoreCase;
using formats::pe::ImportedFunction;
using formats::pe::ImportedLibrary;
using formats::pe::ImportTable;
using module::Argument;
using module::IntegerValue;
using module::Value;

// YARA hands some functions their text up to its first zero only.
std::string_view CText(const Argument& argument) {
  return argument.value.text.substr(0, argument.value.text.find('\0'));
}

Value Boolean(bool value) { return Value::Integer(value ? 1 : 0); }

// True if a match ends behind the text's first byte: YARA asks for the end of the last match and
// wants it to be above zero. An expression that matches nothing at the start (/x*/) does so again
// further on; one tied to the start (/^x*/) does not, which cannot be told apart here and is taken
// for the former.
bool MatchesBeyondStart(const Argument& argument, std::string_view text) {
  const std::int64_t size = argument.regex->Search(base::AsBytes(text));
  if (size != 0) {
    return size > 0;
  }
  return !text.empty() && argument.regex->Search(base::AsBytes(text.substr(1))) >= 0;
}

// How many functions have a name and a library that the two expressions match.
std::uint64_t CountMatches(const ImportTable& table, const Argument& library_regex,
                           const Argument& function_regex) {
  std::uint64_t count = 0;
  for (const ImportedLibrary& library : table.libraries()) {
    if (!MatchesBeyondStart(library_regex, library.name)) {
      continue;
    }
    for (const ImportedFunction& function : table.functions(library)) {
      count += MatchesBeyondStart(function_regex, function.name) ? 1u : 0u;
    }
  }
  return count;
}

}  // namespace

Value PeInstance::Call(std::uint16_t id, Indices indices, Arguments arguments) {
  if (!file_.is_pe()) {
    return Value::Undefined();
  }
  if (id >= kImports && id <= kImportsFlagsRegex) {
    return CallImports(id, arguments);
  }
  if (id >= kImportRva && id <= kDelayedImportRvaOrdinal) {
    return CallImportRva(id, arguments);
  }
  if (id >= kExports && id <= kExportsIndexRegex) {
    return CallExports(id, arguments);
  }
  if (id >= kRichVersion && id <= kRichToolidVersion) {
    return CallRich(id, arguments);
  }
  return CallOther(id, indices, arguments);
}

Value PeInstance::CallImports(std::uint16_t id, Arguments arguments) {
  std::int64_t flags = kImportStandard;
  if (id >= kImportsFlags) {
    flags = arguments[0].value.integer;
    arguments = arguments.subspan(1);
    id = static_cast<std::uint16_t>(id - kImportsFlags + kImports);
  }
  const auto count_in = [&](const ImportTable& table) -> std::uint64_t {
    switch (id) {
      case kImports:
        return table.Contains(CText(arguments[0]), CText(arguments[1])) ? 1 : 0;
      case kImportsOrdinal:
        return table.ContainsOrdinal(CText(arguments[0]), arguments[1].value.integer) ? 1 : 0;
      case kImportsLibrary:
        return table.CountFunctions(CText(arguments[0]));
      default:
        return CountMatches(table, arguments[0], arguments[1]);
    }
  };
  std::uint64_t count = (flags & kImportStandard) != 0 ? count_in(file_.imports()) : 0;
  const bool is_count = id == kImportsLibrary || id == kImportsRegex;
  if ((flags & kImportDelayed) != 0 && (is_count || count == 0)) {
    count += count_in(file_.delayed_imports());
  }
  return IntegerValue(count);
}

Value PeInstance::CallImportRva(std::uint16_t id, Arguments arguments) {
  const bool delayed = id == kDelayedImportRva || id == kDelayedImportRvaOrdinal;
  const bool by_ordinal = id == kImportRvaOrdinal || id == kDelayedImportRvaOrdinal;
  const ImportTable& table = delayed ? file_.delayed_imports() : file_.imports();
  const std::string_view library = arguments[0].value.text;
  const ImportedFunction* found = by_ordinal
                                      ? table.FindOrdinal(library, arguments[1].value.integer)
                                      : table.Find(library, arguments[1].value.text);
  return found != nullptr && found->rva != 0 ? IntegerValue(found->rva) : Value::Undefined();
}

std::optional<std::uint64_t> PeInstance::ExportIndex(std::uint16_t id, const Argument& argument) {
  const auto functions = file_.exports().functions();
  const bool by_regex = id == kExportsRegex || id == kExportsIndexRegex;
  if (id == kExportsOrdinal || id == kExportsIndexOrdinal) {
    const std::int64_t ordinal = argument.value.integer;
    if (ordinal <= 0 || static_cast<std::uint64_t>(ordinal) > functions.size()) {
      return std::nullopt;
    }
    // Ordinals rise by one from the base, which the first function has, and wrap at 32 bits.
    const std::uint32_t index = static_cast<std::uint32_t>(ordinal) - functions[0].ordinal;
    return index < functions.size() ? std::optional<std::uint64_t>(index) : std::nullopt;
  }
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (!functions[i].name) {
      continue;
    }
    const std::string_view name = *functions[i].name;
    if (by_regex ? argument.regex->Search(base::AsBytes(name)) >= 0
                 : EqualsIgnoreCase(name, argument.value.text)) {
      return i;
    }
  }
  return std::nullopt;
}

Value PeInstance::CallExports(std::uint16_t id, Arguments arguments) {
  const auto index = ExportIndex(id, arguments[0]);
  if (id < kExportsIndex) {
    return Boolean(index.has_value());
  }
  return index ? IntegerValue(*index) : Value::Undefined();
}

Value PeInstance::CallRich(std::uint16_t id, Arguments arguments) {
  const formats::pe::RichHeader* rich = file_.rich_header();
  if (rich == nullptr || !rich->has_versions()) {
    return Value::Undefined();
  }
  std::optional<std::int64_t> version;
  std::optional<std::int64_t> tool_id;
  const bool version_first = id == kRichVersion || id == kRichVersionToolid;
  (version_first ? version : tool_id) = arguments[0].value.integer;
  if (arguments.size() > 1) {
    (version_first ? tool_id : version) = arguments[1].value.integer;
  }
  std::uint64_t times = 0;
  for (std::size_t i = 0; i < rich->entry_count(); ++i) {
    const formats::pe::RichHeader::Entry entry = rich->entry(i);
    if ((!version || *version == entry.version) && (!tool_id || *tool_id == entry.tool_id)) {
      times += entry.times;
    }
  }
  return IntegerValue(times);
}

Value PeInstance::SectionIndex(std::uint16_t id, const Argument& argument) {
  const auto sections = file_.reader().sections();
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const formats::pe::Section& section = sections[i];
    bool found = false;
    if (id == kSectionIndexName) {
      const std::string_view name = section.name();
      found = name.substr(0, name.find('\0')) == CText(argument);
    } else {
      const std::int64_t address = argument.value.integer;
      const std::int64_t begin = section.pointer_to_raw_data;
      found = address >= begin && address < begin + section.size_of_raw_data;
    }
    if (found) {
      return IntegerValue(i);
    }
  }
  return Value::Undefined();
}

// A resource without a language has, for YARA, the language that "undefined" spells.
Value PeInstance::HasLanguage(std::uint64_t wanted, std::uint64_t mask) {
  for (const formats::pe::Resource& resource : file_.resources().resources()) {
    const std::uint64_t language =
        resource.language.has_number()
            ? static_cast<std::uint64_t>(std::int64_t{resource.language.number})
            : module::kUndefinedPattern;
    if ((language & mask) == wanted) {
      return Boolean(true);
    }
  }
  return Boolean(false);
}

Value PeInstance::ValidOn(Indices indices, std::int64_t time) {
  const auto* signature = ElementAt(file_.signatures(), indices, 0);
  if (signature == nullptr || signature->chain.empty()) {
    return Value::Undefined();
  }
  const formats::authenticode::Certificate& certificate = signature->chain[0];
  return Boolean(time >= certificate.not_before && time <= certificate.not_after);
}

Value PeInstance::CallOther(std::uint16_t id, Indices indices, Arguments arguments) {
  constexpr std::uint64_t kLocaleMask = 0xFFFF;
  constexpr std::uint64_t kLanguageMask = 0xFF;
  const auto unsigned_argument = [&] {
    return static_cast<std::uint64_t>(arguments[0].value.integer);
  };
  switch (id) {
    case kCalculateChecksum:
      return IntegerValue(file_.calculated_checksum());
    case kImphash:
      return Value::String(file_.imphash());
    case kSectionIndexName:
    case kSectionIndexAddress:
      return SectionIndex(id, arguments[0]);
    case kLocale:
      return HasLanguage(unsigned_argument(), kLocaleMask);
    case kLanguage:
      return HasLanguage(unsigned_argument(), kLanguageMask);
    case kIsDll:
      return Value::Integer(file_.reader().file_header().characteristics &
                            formats::pe::kCharacteristicDll);
    case kIs32Bit:
      return Boolean(!file_.reader().is_64bit());
    case kIs64Bit:
      return Boolean(file_.reader().is_64bit());
    case kRvaToOffset: {
      const auto offset = file_.reader().RvaToOffset(unsigned_argument());
      return offset ? IntegerValue(*offset) : Value::Undefined();
    }
    case kValidOn:
      return ValidOn(indices, arguments[0].value.integer);
    default:
      return Value::Undefined();
  }
}

}  // namespace day::rules::modules::pe
