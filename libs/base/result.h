// Result<T>: a value or an Error. The only way a function of this code base reports failure.
//
//   Result<Header> ReadHeader(Bytes file);
//   ...
//   DAY_TRY_ASSIGN(const Header header, ReadHeader(file));   // returns the Error upwards
//   DAY_TRY(CheckHeader(header));                            // for Result<void>
//
// Exceptions never cross a library boundary; third-party exceptions stop at their wrapper.
// Thread safety: as for any value type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace day::base {

// What sort of failure it is: what a caller may want to branch on, nothing finer.
enum class ErrorKind : std::uint8_t {
  kMalformed,    // the input breaks its format's rules
  kTruncated,    // the input ends too early
  kUnsupported,  // valid, but something we do not do
  kLimit,        // a named limit of a Budget was reached
  kNotFound,     // a file, a rule, a key that is not there
  kPermission,   // the system refused
  kIo,           // the system failed
  kTimeout,      // time ran out
  kCancelled,    // somebody asked to stop
  kInvalidUse,   // the caller's arguments are wrong
  kInternal,     // our own mistake, found at run time
};

// The name of a kind as it stands in JSON output: "malformed", "truncated", ...
std::string_view ErrorKindName(ErrorKind kind);

// One failure: what sort, in words for a person, and where in the input (kNoOffset: nowhere).
struct Error {
  static constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};

  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  std::uint64_t offset = kNoOffset;
};

inline Error MakeError(ErrorKind kind, std::string message,
                       std::uint64_t offset = Error::kNoOffset) {
  return Error{kind, std::move(message), offset};
}

// REQUIRES for value(): ok(). REQUIRES for error(): !ok(). Breaking either ends the program.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }
  T value_or(T other) const& { return ok() ? value() : std::move(other); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: implicit

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

using Status = Result<void>;
inline Status OkStatus() { return {}; }

}  // namespace day::base

#define DAY_CONCAT_INNER(a, b) a##b
#define DAY_CONCAT(a, b) DAY_CONCAT_INNER(a, b)

// Returns the error of `expression` (a Result of any type) from the enclosing function.
#define DAY_TRY(expression)                     \
  do {                                          \
    auto day_try_result = (expression);         \
    if (!day_try_result.ok()) {                 \
      return std::move(day_try_result).error(); \
    }                                           \
  } while (false)

// Declares or assigns `lhs` from the value of `expression`, or returns its error.
#define DAY_TRY_ASSIGN(lhs, expression) \
  DAY_TRY_ASSIGN_INNER(DAY_CONCAT(day_try_, __LINE__), lhs, expression)
#define DAY_TRY_ASSIGN_INNER(name, lhs, expression) \
  auto name = (expression);                         \
  if (!name.ok()) {                                 \
    return std::move(name).error();                 \
  }                                                 \
  lhs = std::move(name).value()
