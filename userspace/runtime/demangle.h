// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace culprit {

enum class Language { kOther, kCplusplus, kRust };

/// A function as its author wrote it.
struct FunctionName {
  std::string text;
  Language language = Language::kOther;
};

/// Reads the names of C++ and Rust: without the list of parameters, without the hash that Rust
/// puts at the end, without what the compiler adds (".cold", ".isra.0"). What cannot be read
/// stays as it is. Hostile names cost no more than some megabytes for a moment.
FunctionName demangle(std::string_view symbol);

}  // namespace culprit
