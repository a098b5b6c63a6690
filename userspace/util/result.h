// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace culprit {

/// Why an operation failed; decides the exit code (DESIGN §5).
enum class ErrorKind {
  kFailed,  ///< a gate failed, or nothing was found where something was asked for
  kUsage,   ///< wrong argument or malformed input
  kHost,    ///< this host cannot; the message says what is missing
};

/// One line that says what went wrong, where, and what was expected.
struct Error {
  ErrorKind kind = ErrorKind::kFailed;
  std::string message;
};

/// The project's only way to return a failure.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// Success without a value.
using Status = Result<void>;

/// `return fail("...")`: an ordinary failure.
inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{ErrorKind::kFailed, std::move(message)});
}

/// Bad input from a person or a file: exit code 2.
inline tl::unexpected<Error> misuse(std::string message) {
  return tl::unexpected<Error>(Error{ErrorKind::kUsage, std::move(message)});
}

/// The host lacks something: exit code 3.
inline tl::unexpected<Error> unsupported(std::string message) {
  return tl::unexpected<Error>(Error{ErrorKind::kHost, std::move(message)});
}

}  // namespace culprit
