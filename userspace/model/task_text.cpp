// SPDX-License-Identifier: Apache-2.0
#include "model/task_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <vector>

#include "util/utf8.h"

namespace culprit {
namespace {

constexpr std::size_t kMostCommandBytes = 512, kTitleBytes = 64;
constexpr std::size_t kCutThreadName = COMM_SIZE - 1;  // longer names were cut

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_separator(char c) {
  return std::string_view("-_#:/. ([@").find(c) != std::string_view::npos;
}

/// Names come from others' memory.
std::string printable(std::string_view text) {
  return without_controls(text, '?');
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos || slash + 1 == path.size() ? path
                                                                     : path.substr(slash + 1);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// Hexadecimal digits and dashes, at least eight, a decimal one among them.
bool is_id(std::string_view word) {
  bool digit = false;
  for (const char c : word) {
    digit |= is_digit(c);
    if (!std::isxdigit(static_cast<unsigned char>(c)) && c != '-') return false;
  }
  return digit && word.size() >= 8;
}

/// Without the name that follows a temporary directory.
std::string_view without_temporary(std::string_view word) {
  for (const std::string_view directory : {"/tmp/", "/run/user/", "/dev/shm/"}) {
    const std::size_t at = word.find(directory);
    if (at != std::string_view::npos) return word.substr(0, at + directory.size());
  }
  return word;
}

bool has_port(std::string_view word) {
  const std::size_t colon = word.rfind(':');
  return colon != std::string_view::npos && colon + 1 < word.size() &&
         std::all_of(word.begin() + static_cast<std::ptrdiff_t>(colon) + 1, word.end(), is_digit);
}

void append_pattern(std::string& out, std::string_view word) {
  const std::string_view kept = without_temporary(word);
  if (is_id(kept)) {
    out += '*';
    return;
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!is_digit(kept[i]))
      out += kept[i];
    else if (i == 0 || !is_digit(kept[i - 1]))
      out += '*';
  }
  if (kept.size() < word.size()) out += '*';
}

bool is_shell(std::string_view program) {
  static constexpr std::array<std::string_view, 6> kShells = {"sh",  "bash", "dash",
                                                              "zsh", "ksh",  "ash"};
  return std::find(kShells.begin(), kShells.end(), program) != kShells.end();
}

bool is_interpreter(std::string_view program) {
  static constexpr std::array<std::string_view, 5> kInterpreters = {"python", "perl", "ruby",
                                                                    "node", "php"};
  return std::any_of(kInterpreters.begin(), kInterpreters.end(), [&](std::string_view name) {
    if (!program.starts_with(name)) return false;
    const std::string_view version = program.substr(name.size());
    return std::all_of(version.begin(), version.end(),
                       [](char c) { return is_digit(c) || c == '.'; });
  });
}

/// The command without the shell or interpreter before it.
std::string_view told_command(std::string_view command) {
  const auto words = words_of(command);
  if (words.size() < 2) return command;
  const std::string_view program = base_name(words[0]);
  const auto from = [&](std::size_t word) {
    return command.substr(static_cast<std::size_t>(words[word].data() - command.data()));
  };
  if (is_shell(program) && words[1] == "-c" && words.size() > 2) return from(2);
  if ((is_shell(program) || is_interpreter(program)) && words[1] == "-m" && words.size() > 2)
    return from(2);
  for (std::size_t i = 1; i < words.size(); ++i)
    if ((is_shell(program) || is_interpreter(program)) && !words[i].starts_with('-'))
      return from(i);
  return command;
}

/// "a.<locals>.b" is b: what is before is where it was written, not what it does.
std::string_view function_text(std::string_view function) {
  constexpr std::string_view kLocals = "<locals>.";
  const std::size_t at = function.rfind(kLocals);
  if (at != std::string_view::npos) function.remove_prefix(at + kLocals.size());
  if (function == "<module>") return "main";
  if (function == "<lambda>") return "lambda";
  return function;
}

/// The file as one tells it to a colleague; every package has an __init__.py.
std::string_view file_text(std::string_view file) {
  const std::string_view name = base_name(file);
  if (!name.starts_with("__") || name.size() == file.size()) return name;
  const std::string_view package = base_name(file.substr(0, file.size() - name.size() - 1));
  return file.substr(static_cast<std::size_t>(package.data() - file.data()));
}

}  // namespace

std::string command_pattern(std::string_view command) {
  const auto words = words_of(command.substr(0, kMostCommandBytes));
  std::string pattern;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) pattern += ' ';
    const bool title = words[i].ends_with(':');  // "postgres: …" names no file
    if (i == 0) {
      pattern += title ? words[i] : base_name(words[i]);
    } else if (has_port(words[i]) || words[i].find("port=") != std::string_view::npos ||
               (words[i - 1].starts_with('-') && words[i - 1].ends_with("port"))) {
      pattern += words[i];
    } else {
      append_pattern(pattern, words[i]);
    }
  }
  return pattern;
}

std::string command_title(std::string_view command) {
  const std::string pattern = command_pattern(told_command(command.substr(0, kMostCommandBytes)));
  return shortened(printable(pattern), kTitleBytes);
}

std::string thread_pool_name(std::string_view thread) {
  std::string name;
  for (std::size_t i = 0; i < thread.size(); ++i) {
    if (!is_digit(thread[i])) {
      name += thread[i];
      continue;
    }
    std::size_t end = i;
    while (end < thread.size() && is_digit(thread[end])) ++end;
    const bool leads = i <= 1;  // "C2 …", "v8:…": part of the word
    const bool counts = end == thread.size() || (i > 0 && is_separator(thread[i - 1])) ||
                        (!leads && is_separator(thread[end]) && thread[end] != ' ');
    name += counts ? "*" : thread.substr(i, end - i);
    i = end - 1;
  }
  // What came behind was cut off: the number, by all that is known of such names.
  constexpr std::string_view kBeforeNumber = "-_#";
  if (thread.size() == kCutThreadName && kBeforeNumber.find(name.back()) != kBeforeNumber.npos)
    name += '*';
  return printable(name);
}

std::string kernel_pool_name(std::string_view thread) {
  const std::size_t slash = thread.find('/');
  if (slash == std::string_view::npos) return thread_pool_name(thread);
  return printable(thread.substr(0, slash)) + "/*";
}

std::optional<CodeName> task_source(const TaskName& name) {
  return name.application ? name.application : name.root;
}

std::string task_title(const TaskName& name) {
  const auto source = task_source(name);
  if (!source) return name.kind == TaskKind::kNative ? "native threads" : "unnamed";
  // How `python -m` and the scripts that packages install begin.
  if (!name.application && name.kind == TaskKind::kThread &&
      (source->function == "_run_module_as_main" || source->function == "<module>"))
    return "main thread";
  std::string title;
  if (name.root && name.root->function != source->function)
    title = std::string(function_text(name.root->function)) + " › ";
  title += function_text(source->function);
  if (!source->file.empty()) {
    title += " (" + std::string(file_text(source->file));
    if (source->line > 0) title += ":" + std::to_string(source->line);
    title += ")";
  }
  return printable(title);
}

TaskRowKind row_kind(TaskKind kind) {
  switch (kind) {
    case TaskKind::kCoroutine:
      return TaskRowKind::kCoroutine;
    case TaskKind::kCallback:
      return TaskRowKind::kCallback;
    case TaskKind::kJob:
      return TaskRowKind::kJob;
    case TaskKind::kThread:
    case TaskKind::kNative:
      return TaskRowKind::kThread;
  }
  return TaskRowKind::kThread;
}

std::string task_id_text(std::string_view owner, TaskRowKind kind, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: the same on every host
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  mix(owner);
  mix(std::string(1, static_cast<char>('0' + static_cast<int>(kind))));
  mix(name);
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace culprit
