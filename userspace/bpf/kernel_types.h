// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "util/result.h"

struct btf;

namespace culprit {

/// The running kernel's types (BTF), as far as culprit asks for them. One pass over some
/// 100,000 types answers all questions; libbpf's own look-up makes one pass a question.
class KernelTypes {
 public:
  /// Reads `file`, keeping the structs, typedefs and functions with one of these names.
  static Result<KernelTypes> read(const std::filesystem::path& file,
                                  const std::set<std::string_view>& names);

  std::uint32_t count() const;
  /// Ids, 0 when the kernel has none of that name.
  std::uint32_t function(std::string_view name) const;
  std::uint32_t tracepoint(std::string_view name) const;  ///< typedef btf_trace_NAME
  bool has_member(std::string_view structure, std::string_view member) const;

 private:
  struct BtfDeleter {
    void operator()(btf* types) const;
  };
  std::uint32_t find(std::uint32_t kind, std::string_view name) const;

  std::unique_ptr<btf, BtfDeleter> btf_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t, std::less<>> ids_;
};

}  // namespace culprit
