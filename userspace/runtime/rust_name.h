// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace culprit {

/// Reads a name of Rust's second scheme ("_RNv…", RFC 2603) without its generic arguments and
/// hashes: "alloc::vec::Vec::push", "<T as Trait>::f". Absent when it is none, or has parts
/// that are not known here. Hostile names cost a bounded number of steps.
std::optional<std::string> read_rust_name(std::string_view symbol);

}  // namespace culprit
