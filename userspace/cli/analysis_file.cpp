// SPDX-License-Identifier: Apache-2.0
#include "cli/analysis_file.h"

#include <fstream>
#include <iterator>

namespace culprit {
namespace {

constexpr std::streamoff kMostBytes = 512 << 20;

}  // namespace

Result<std::optional<std::string>> read_analysis_text(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return misuse(file + ": cannot be read");
  if (in.peek() != '{') return std::optional<std::string>();
  in.seekg(0, std::ios::end);
  if (in.tellg() > kMostBytes) return misuse(file + ": larger than 512 MiB");
  in.seekg(0);
  return std::optional(std::string(std::istreambuf_iterator<char>(in), {}));
}

}  // namespace culprit
