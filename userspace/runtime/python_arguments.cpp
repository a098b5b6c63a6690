// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_arguments.h"

#include <algorithm>

#include "collect/text_file.h"

namespace culprit {
namespace {

constexpr std::size_t kMostArguments = 256;
constexpr std::size_t kMostArgumentBytes = 64 << 10;
constexpr std::size_t kMostArgumentCharacters = 4096;
constexpr std::size_t kMostScriptBytes = 8 << 10;

std::vector<std::string> kernel_arguments(const ProcessView& process) {
  TextReader reader(kMostArgumentBytes, TextReader::AtLimit::kKeep);
  std::vector<std::string> arguments;
  auto text = reader.read(process.directory() / "cmdline");
  while (text && !text->empty() && arguments.size() < kMostArguments) {
    const std::size_t end = std::min(text->find('\0'), text->size());
    arguments.emplace_back(text->substr(0, end));
    text->remove_prefix(std::min(end + 1, text->size()));
  }
  return arguments;
}

}  // namespace

std::vector<std::string> read_arguments(const ProcessView& process, const PythonObjects& objects,
                                        std::uint64_t sys_dict) {
  std::vector<std::string> arguments;
  for (const std::uint64_t argument :
       objects.elements(objects.value(sys_dict, "orig_argv"), kMostArguments))
    arguments.push_back(objects.text(argument, kMostArgumentCharacters).value_or(""));
  return arguments.empty() ? kernel_arguments(process) : arguments;
}

PythonOrigin read_origin(const ProcessView& process, const std::vector<std::string>& arguments) {
  const std::string_view script = PythonOrigin::script_path(arguments);
  if (script.empty()) return PythonOrigin::of(arguments, "");
  const char* const start = script.front() == '/' ? "root" : "cwd";
  const Fd file = open_regular(below(process.directory() / start, script));
  TextReader reader(kMostScriptBytes);
  const auto text = file ? reader.read_open(file.get()) : std::nullopt;
  return PythonOrigin::of(arguments, text.value_or(""));
}

}  // namespace culprit
