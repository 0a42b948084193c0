# Compiler options common to every target, and the external libraries by their Debian packages.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(DAYLIGHT_WERROR "Treat warnings as errors" ON)
set(DAYLIGHT_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(DAYLIGHT_FUZZ "Link fuzz targets with libFuzzer (Clang) instead of the replaying main" OFF)
option(DAYLIGHT_COVERAGE "Instrument for llvm-cov" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(daylight_flags INTERFACE)
target_include_directories(daylight_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(daylight_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -fno-strict-aliasing -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping copies in std::string's own concatenation (GCC bug 105651).
  target_compile_options(daylight_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(daylight_flags INTERFACE -Wthread-safety)
endif()
if(DAYLIGHT_WERROR)
  target_compile_options(daylight_flags INTERFACE -Werror)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64")
  # The baseline stays x86-64-v1; wider code is chosen at run time (libs/match/cpu.h).
  target_compile_options(daylight_flags INTERFACE -fcf-protection=full)
endif()
if(DAYLIGHT_SANITIZE)
  target_compile_options(daylight_flags INTERFACE
    -fsanitize=${DAYLIGHT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(daylight_flags INTERFACE -fsanitize=${DAYLIGHT_SANITIZE})
  target_compile_definitions(daylight_flags INTERFACE DAYLIGHT_SANITIZED=1)
  if(DAYLIGHT_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Boost.Asio uses fences, of which the sanitizer knows nothing; GCC says so.
    target_compile_options(daylight_flags INTERFACE -Wno-tsan)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(daylight_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(DAYLIGHT_COVERAGE)
  target_compile_options(daylight_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(daylight_flags INTERFACE -fprofile-instr-generate)
endif()
target_link_options(daylight_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

# Tests may convert numbers freely: their inputs are their own.
add_library(daylight_test_flags INTERFACE)
target_compile_options(daylight_test_flags INTERFACE -Wno-conversion -Wno-sign-conversion)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers only: Asio and Beast
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(ZLIB REQUIRED)  # only as an oracle in tests: our own decoder is what ships
pkg_check_modules(MAGIC REQUIRED IMPORTED_TARGET libmagic)
add_library(Magic::magic ALIAS PkgConfig::MAGIC)
# Only the header of PKCS #11: modules are loaded at run time, and nothing of p11-kit is linked.
pkg_check_modules(P11_KIT REQUIRED p11-kit-1)
add_library(Pkcs11::headers INTERFACE IMPORTED)
target_include_directories(Pkcs11::headers SYSTEM INTERFACE ${P11_KIT_INCLUDE_DIRS})
target_link_libraries(Pkcs11::headers INTERFACE ${CMAKE_DL_LIBS})
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
add_library(Zstd::Zstd ALIAS PkgConfig::ZSTD)
find_package(BZip2 REQUIRED)
find_package(LibLZMA 5.4 REQUIRED)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
add_library(Lz4::Lz4 ALIAS PkgConfig::LZ4)
