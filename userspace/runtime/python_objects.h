// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/process_memory.h"
#include "runtime/python_layouts.h"

namespace culprit {

/// Objects in the memory of a Python process. Nothing there is trusted: each read is bounded,
/// and what does not look like the object wanted is absent.
class PythonObjects {
 public:
  PythonObjects(const Memory& memory, const PythonLayout& layout)
      : memory_(memory), layout_(layout) {}

  /// A str as UTF-8, its first `most_characters`; "…" stands for the rest.
  std::optional<std::string> text(std::uint64_t object, std::size_t most_characters) const;
  /// An int of 0 to 2³⁰ − 1.
  std::optional<std::uint32_t> small_integer(std::uint64_t object) const;
  /// The name of an object's type is `name`, as in "dict", "code".
  bool is_a(std::uint64_t object, std::string_view name) const;
  /// At most 64 bytes of it; empty when it cannot be read.
  std::string type_name(std::uint64_t object) const;

  /// Values of a dict by keys that are ASCII; 0 for those that are not there.
  std::vector<std::uint64_t> values(std::uint64_t dict,
                                    const std::vector<std::string_view>& keys) const;
  std::uint64_t value(std::uint64_t dict, std::string_view key) const;
  /// How many entries a dict has.
  std::optional<std::uint64_t> size(std::uint64_t dict) const;

  /// The first `most` elements of a list.
  std::vector<std::uint64_t> elements(std::uint64_t list, std::size_t most) const;

  std::uint64_t module_dict(std::uint64_t module) const;
  std::uint64_t type_dict(std::uint64_t type) const;

 private:
  struct Entries {
    std::uint64_t begin = 0, count = 0, size = 0;
  };
  std::optional<Entries> entries(std::uint64_t dict) const;
  bool matches(std::uint64_t object, std::string_view ascii) const;

  const Memory& memory_;
  const PythonLayout& layout_;
};

}  // namespace culprit
