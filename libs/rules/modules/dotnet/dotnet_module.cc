#include "libs/rules/modules/dotnet/dotnet_module.h"

#include "libs/formats/dotnet/dotnet_reader.h"
#include "libs/rules/module/schema.h"
#include "libs/rules/modules/dotnet/dotnet_schema.h"

namespace day::rules::modules::dotnet {
namespace {

using formats::dotnet::Assembly;
using formats::dotnet::AssemblyRef;
using formats::dotnet::Class;
using formats::dotnet::DotnetReader;
using formats::dotnet::Metadata;
using formats::dotnet::Method;
using formats::dotnet::NameList;
using formats::dotnet::Parameter;
using formats::dotnet::Resource;
using formats::dotnet::Stream;
using formats::dotnet::Tables;
using module::Argument;
using module::Index;
using module::Value;

Value Text(std::optional<std::string_view> text) {
  return text ? Value::String(*text) : Value::Undefined();
}

template <typename Number>
Value Integer(std::optional<Number> number) {
  return number ? Value::Integer(static_cast<std::int64_t>(*number)) : Value::Undefined();
}

Value Flag(bool flag) { return Value::Integer(flag ? 1 : 0); }

template <typename Item>
const Item* At(const std::vector<Item>& list, std::int64_t index) {
  return index >= 0 && static_cast<std::uint64_t>(index) < list.size()
             ? &list[static_cast<std::size_t>(index)]
             : nullptr;
}

Value TextAt(const NameList& names, std::int64_t index) {
  const std::string_view* const name = At(names, index);
  return name != nullptr ? Value::String(*name) : Value::Undefined();
}

Value ClassValue(std::uint16_t id, const Class& type, std::span<const Index> indices) {
  switch (id) {
    case kClassFullName:
      return Text(type.full_name);
    case kClassName:
      return Value::String(type.name);
    case kClassNamespace:
      return Text(type.name_space);
    case kClassVisibility:
      return Value::String(type.visibility);
    case kClassType:
      return Value::String(type.type);
    case kClassAbstract:
      return Flag(type.is_abstract);
    case kClassSealed:
      return Flag(type.is_sealed);
    case kClassNumberOfGenericParameters:
      return Value::Integer(static_cast<std::int64_t>(type.generic_parameters.size()));
    case kClassGenericParameter:
      return TextAt(type.generic_parameters, indices[1].number);
    case kClassNumberOfBaseTypes:
      return Value::Integer(static_cast<std::int64_t>(type.base_types.size()));
    case kClassBaseType:
      return TextAt(type.base_types, indices[1].number);
    default:
      return Value::Undefined();
  }
}

Value ParameterValue(std::uint16_t id, const Method& method, std::int64_t index) {
  const Parameter* const parameter = At(method.parameters, index);
  if (parameter == nullptr) {
    return Value::Undefined();
  }
  return id == kParameterName ? Text(parameter->name) : Value::String(parameter->type);
}

Value MethodValue(std::uint16_t id, const Method& method, std::span<const Index> indices) {
  switch (id) {
    case kMethodGenericParameter:
      return TextAt(method.generic_parameters, indices[2].number);
    case kMethodNumberOfGenericParameters:
      return Value::Integer(static_cast<std::int64_t>(method.generic_parameters.size()));
    case kParameterName:
    case kParameterType:
      return ParameterValue(id, method, indices[2].number);
    case kMethodNumberOfParameters:
      return Integer(method.parameter_count);
    case kMethodReturnType:
      return Text(method.return_type);
    case kMethodAbstract:
      return Flag(method.is_abstract);
    case kMethodFinal:
      return Flag(method.is_final);
    case kMethodVirtual:
      return Flag(method.is_virtual);
    case kMethodStatic:
      return Flag(method.is_static);
    case kMethodVisibility:
      return Value::String(method.visibility);
    case kMethodName:
      return Value::String(method.name);
    default:
      return Value::Undefined();
  }
}

Value AssemblyRefValue(std::uint16_t id, const AssemblyRef& ref) {
  switch (id) {
    case kRefMajor:
      return Value::Integer(ref.version.major);
    case kRefMinor:
      return Value::Integer(ref.version.minor);
    case kRefBuildNumber:
      return Value::Integer(ref.version.build_number);
    case kRefRevisionNumber:
      return Value::Integer(ref.version.revision_number);
    case kRefPublicKeyOrToken:
      return Text(ref.public_key_or_token);
    case kRefName:
      return Text(ref.name);
    default:
      return Value::Undefined();
  }
}

Value AssemblyValue(std::uint16_t id, const Assembly& assembly) {
  switch (id) {
    case kAssemblyMajor:
      return Value::Integer(assembly.version.major);
    case kAssemblyMinor:
      return Value::Integer(assembly.version.minor);
    case kAssemblyBuildNumber:
      return Value::Integer(assembly.version.build_number);
    case kAssemblyRevisionNumber:
      return Value::Integer(assembly.version.revision_number);
    case kAssemblyName:
      return Text(assembly.name);
    case kAssemblyCulture:
      return Text(assembly.culture);
    default:
      return Value::Undefined();
  }
}

class DotnetInstance final : public module::Instance {
 public:
  void Bind(const module::ScanInput& input) override { reader_.Bind(input.data); }

  Value Get(std::uint16_t id, std::span<const Index> indices) override {
    if (id == kIsDotnet) {
      return reader_.metadata().is_pe() ? Flag(reader_.metadata().is_dotnet()) : Value::Undefined();
    }
    if (!reader_.metadata().is_dotnet()) {
      return Value::Undefined();
    }
    if (id >= kClasses) {
      return GetOfClass(id, indices);
    }
    if (!indices.empty() && indices[0].number < 0) {
      return Value::Undefined();
    }
    return indices.empty() ? GetSingle(id)
                           : GetElement(id, static_cast<std::uint64_t>(indices[0].number));
  }

  std::optional<std::uint64_t> Length(std::uint16_t id, std::span<const Index> indices) override {
    if (id >= kClasses) {
      return LengthOfClass(id, indices);
    }
    if (!reader_.metadata().is_dotnet()) {
      return 0;
    }
    switch (id) {
      case kStreams:
        return reader_.metadata().streams().size();
      case kGuids:
        return reader_.metadata().GuidCount().value_or(0);
      case kResources:
        return reader_.tables().ResourceListLength();
      case kAssemblyRefs:
        return reader_.tables().AssemblyRefCount().value_or(0);
      case kModuleRefs:
        return reader_.tables().ModuleRefs().size();
      case kUserStrings:
        return reader_.metadata().UserStringCount().value_or(0);
      case kConstants:
        return reader_.tables().Constants().size();
      case kFieldOffsets:
        return reader_.tables().FieldOffsets().size();
      default:
        return std::nullopt;
    }
  }

  // No dictionaries here.
  std::string_view KeyAt(std::uint16_t, std::span<const Index>, std::uint64_t) override {
    return {};
  }
  // No functions either.
  Value Call(std::uint16_t, std::span<const Index>, std::span<const Argument>) override {
    return Value::Undefined();
  }

 private:
  Value GetSingle(std::uint16_t id) {
    Metadata& metadata = reader_.metadata();
    Tables& tables = reader_.tables();
    switch (id) {
      case kVersion:
        return Text(metadata.version());
      case kModuleName:
        return Text(tables.ModuleName());
      case kNumberOfStreams:
        return Integer(metadata.stream_count());
      case kNumberOfGuids:
        return Integer(metadata.GuidCount());
      case kNumberOfResources:
        return Integer(tables.ResourceCount());
      case kNumberOfAssemblyRefs:
        return Integer(tables.AssemblyRefCount());
      case kNumberOfModuleRefs:
        return CountIf(tables.has_module_refs(), tables.ModuleRefs().size());
      case kNumberOfUserStrings:
        return Integer(metadata.UserStringCount());
      case kTypeLib:
        return Text(tables.TypeLib());
      case kNumberOfConstants:
        return CountIf(tables.has_constants(), tables.Constants().size());
      case kNumberOfFieldOffsets:
        return CountIf(tables.has_field_offsets(), tables.FieldOffsets().size());
      case kNumberOfClasses:
        return Integer(reader_.classes().Count());
      default: {
        const std::optional<Assembly> assembly = tables.ReadAssembly();
        return assembly ? AssemblyValue(id, *assembly) : Value::Undefined();
      }
    }
  }

  static Value CountIf(bool known, std::size_t count) {
    return known ? Value::Integer(static_cast<std::int64_t>(count)) : Value::Undefined();
  }

  Value GetElement(std::uint16_t id, std::uint64_t index) {
    Metadata& metadata = reader_.metadata();
    Tables& tables = reader_.tables();
    const auto position = static_cast<std::int64_t>(index);
    switch (id) {
      case kStreamName:
      case kStreamOffset:
      case kStreamSize:
        return GetStream(id, At(metadata.streams(), position));
      case kGuid:
        return index < metadata.GuidCount().value_or(0) ? Value::String(metadata.Guid(index))
                                                        : Value::Undefined();
      case kResourceOffset:
      case kResourceLength:
      case kResourceName:
        return GetResource(id, tables.ReadResource(index));
      case kModuleRef:
        return TextAt(tables.ModuleRefs(), position);
      case kUserString:
        return Text(metadata.UserString(index));
      case kConstant:
        return TextAt(tables.Constants(), position);
      case kFieldOffset: {
        const std::uint64_t* const offset = At(tables.FieldOffsets(), position);
        return offset != nullptr ? Value::Integer(static_cast<std::int64_t>(*offset))
                                 : Value::Undefined();
      }
      default: {
        const std::optional<AssemblyRef> ref = tables.ReadAssemblyRef(index);
        return ref ? AssemblyRefValue(id, *ref) : Value::Undefined();
      }
    }
  }

  static Value GetStream(std::uint16_t id, const Stream* stream) {
    if (stream == nullptr) {
      return Value::Undefined();
    }
    return id == kStreamName     ? Value::String(stream->name)
           : id == kStreamOffset ? Value::Integer(stream->offset)
                                 : Value::Integer(stream->size);
  }

  static Value GetResource(std::uint16_t id, const std::optional<Resource>& resource) {
    if (!resource) {
      return Value::Undefined();
    }
    return id == kResourceName     ? Text(resource->name)
           : id == kResourceOffset ? Integer(resource->offset)
                                   : Integer(resource->length);
  }

  // The place of the class that the first index means.
  std::optional<std::uint64_t> FindClass(std::span<const Index> indices) {
    const std::int64_t index = indices[0].number;
    if (index < 0 || static_cast<std::uint64_t>(index) >= reader_.classes().Count().value_or(0)) {
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(index);
  }

  const Method* FindMethod(std::uint64_t class_index, std::span<const Index> indices) {
    const std::vector<Method>* const methods = reader_.classes().Methods(class_index);
    return methods != nullptr ? At(*methods, indices[1].number) : nullptr;
  }

  Value GetOfClass(std::uint16_t id, std::span<const Index> indices) {
    const std::optional<std::uint64_t> index = FindClass(indices);
    if (!index) {
      return Value::Undefined();
    }
    if (id == kClassNumberOfMethods) {
      const std::vector<Method>* const methods = reader_.classes().Methods(*index);
      return methods != nullptr ? CountIf(true, methods->size()) : Value::Undefined();
    }
    if (id < kMethods) {
      return ClassValue(id, reader_.classes().Get(*index), indices);
    }
    const Method* const method = FindMethod(*index, indices);
    return method != nullptr ? MethodValue(id, *method, indices) : Value::Undefined();
  }

  std::optional<std::uint64_t> LengthOfClass(std::uint16_t id, std::span<const Index> indices) {
    if (id == kClasses) {
      return reader_.metadata().is_dotnet() ? reader_.classes().Count().value_or(0) : 0;
    }
    const std::optional<std::uint64_t> index =
        reader_.metadata().is_dotnet() ? FindClass(indices) : std::nullopt;
    if (!index) {
      return std::nullopt;
    }
    switch (id) {
      case kClassGenericParameters:
        return reader_.classes().Get(*index).generic_parameters.size();
      case kClassBaseTypes:
        return reader_.classes().Get(*index).base_types.size();
      case kMethods: {
        const std::vector<Method>* const methods = reader_.classes().Methods(*index);
        return methods != nullptr ? methods->size() : 0;
      }
      default:
        break;
    }
    const Method* const method = FindMethod(*index, indices);
    if (method == nullptr) {
      return std::nullopt;
    }
    return id == kMethodGenericParameters ? method->generic_parameters.size()
                                          : method->parameters.size();
  }

  DotnetReader reader_;
};

}  // namespace

std::unique_ptr<module::Module> CreateDotnetModule() {
  return module::MakeModule(kDotnetRoot, module::Format::kPe,
                            [] { return std::make_unique<DotnetInstance>(); });
}

}  // namespace day::rules::modules::dotnet
