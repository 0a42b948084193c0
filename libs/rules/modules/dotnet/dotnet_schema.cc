#include "libs/rules/modules/dotnet/dotnet_schema.h"

#include "libs/rules/module/schema.h"

// Nothing here has a value on files that are no PE files, not even is_dotnet.
namespace day::rules::modules::dotnet {
namespace {

using module::Array;
using module::Field;
using module::Integer;
using module::String;
using module::Struct;

constexpr Field kStreamMembers[] = {
    String("name", kStreamName),
    Integer("offset", kStreamOffset),
    Integer("size", kStreamSize),
};
constexpr Field kStreamElement[] = {Struct("", kStreamMembers)};
constexpr Field kGuidElement[] = {String("", kGuid)};

constexpr Field kResourceMembers[] = {
    Integer("offset", kResourceOffset),
    Integer("length", kResourceLength),
    String("name", kResourceName),
};
constexpr Field kResourceElement[] = {Struct("", kResourceMembers)};

constexpr Field kMethodGenericElement[] = {String("", kMethodGenericParameter)};
constexpr Field kParameterMembers[] = {
    String("name", kParameterName),
    String("type", kParameterType),
};
constexpr Field kParameterElement[] = {Struct("", kParameterMembers)};
constexpr Field kMethodMembers[] = {
    Array("generic_parameters", kMethodGenericParameters, kMethodGenericElement),
    Integer("number_of_generic_parameters", kMethodNumberOfGenericParameters),
    Array("parameters", kMethodParameters, kParameterElement),
    Integer("number_of_parameters", kMethodNumberOfParameters),
    String("return_type", kMethodReturnType),
    Integer("abstract", kMethodAbstract),
    Integer("final", kMethodFinal),
    Integer("virtual", kMethodVirtual),
    Integer("static", kMethodStatic),
    String("visibility", kMethodVisibility),
    String("name", kMethodName),
};
constexpr Field kMethodElement[] = {Struct("", kMethodMembers)};

constexpr Field kClassGenericElement[] = {String("", kClassGenericParameter)};
constexpr Field kBaseTypeElement[] = {String("", kClassBaseType)};
constexpr Field kClassMembers[] = {
    String("fullname", kClassFullName),
    String("name", kClassName),
    String("namespace", kClassNamespace),
    String("visibility", kClassVisibility),
    String("type", kClassType),
    Integer("abstract", kClassAbstract),
    Integer("sealed", kClassSealed),
    Integer("number_of_generic_parameters", kClassNumberOfGenericParameters),
    Array("generic_parameters", kClassGenericParameters, kClassGenericElement),
    Integer("number_of_base_types", kClassNumberOfBaseTypes),
    Array("base_types", kClassBaseTypes, kBaseTypeElement),
    Integer("number_of_methods", kClassNumberOfMethods),
    Array("methods", kMethods, kMethodElement),
};
constexpr Field kClassElement[] = {Struct("", kClassMembers)};

constexpr Field kRefVersionMembers[] = {
    Integer("major", kRefMajor),
    Integer("minor", kRefMinor),
    Integer("build_number", kRefBuildNumber),
    Integer("revision_number", kRefRevisionNumber),
};
constexpr Field kRefMembers[] = {
    Struct("version", kRefVersionMembers),
    String("public_key_or_token", kRefPublicKeyOrToken),
    String("name", kRefName),
};
constexpr Field kRefElement[] = {Struct("", kRefMembers)};
constexpr Field kAssemblyVersionMembers[] = {
    Integer("major", kAssemblyMajor),
    Integer("minor", kAssemblyMinor),
    Integer("build_number", kAssemblyBuildNumber),
    Integer("revision_number", kAssemblyRevisionNumber),
};
constexpr Field kAssemblyMembers[] = {
    Struct("version", kAssemblyVersionMembers),
    String("name", kAssemblyName),
    String("culture", kAssemblyCulture),
};

constexpr Field kModuleRefElement[] = {String("", kModuleRef)};
constexpr Field kUserStringElement[] = {String("", kUserString)};
constexpr Field kConstantElement[] = {String("", kConstant)};
constexpr Field kFieldOffsetElement[] = {Integer("", kFieldOffset)};

constexpr Field kMembers[] = {
    Integer("is_dotnet", kIsDotnet),
    String("version", kVersion),
    String("module_name", kModuleName),
    Array("streams", kStreams, kStreamElement),
    Integer("number_of_streams", kNumberOfStreams),
    Array("guids", kGuids, kGuidElement),
    Integer("number_of_guids", kNumberOfGuids),
    Array("resources", kResources, kResourceElement),
    Integer("number_of_resources", kNumberOfResources),
    Array("classes", kClasses, kClassElement),
    Integer("number_of_classes", kNumberOfClasses),
    Array("assembly_refs", kAssemblyRefs, kRefElement),
    Integer("number_of_assembly_refs", kNumberOfAssemblyRefs),
    Struct("assembly", kAssemblyMembers),
    Array("modulerefs", kModuleRefs, kModuleRefElement),
    Integer("number_of_modulerefs", kNumberOfModuleRefs),
    Array("user_strings", kUserStrings, kUserStringElement),
    Integer("number_of_user_strings", kNumberOfUserStrings),
    String("typelib", kTypeLib),
    Array("constants", kConstants, kConstantElement),
    Integer("number_of_constants", kNumberOfConstants),
    Array("field_offsets", kFieldOffsets, kFieldOffsetElement),
    Integer("number_of_field_offsets", kNumberOfFieldOffsets),
};

}  // namespace

constinit const Field kDotnetRoot = Struct("dotnet", kMembers);

}  // namespace day::rules::modules::dotnet
