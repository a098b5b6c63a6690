// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_origin.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::size_t kMostPackages = 32;

/// Packages that run other people's applications, or help them: never the application.
constexpr std::string_view kLibraries[] = {
    "IPython", "aiohttp", "apscheduler", "arq", "celery", "click", "daphne", "ddtrace", "debugpy",
    "django", "dramatiq", "fastapi", "flask", "flower", "gevent", "granian", "gunicorn", "honcho",
    "huey", "hypercorn", "ipykernel", "jupyter", "jupyter_core", "kombu", "locust", "newrelic",
    "opentelemetry", "pip", "pkg_resources", "pytest", "rq", "sanic", "sentry_sdk", "starlette",
    "supervisor", "tornado", "twisted", "uvicorn", "uvloop", "uwsgi", "waitress", "werkzeug",
    // Of the standard library: what starts programs, or is on the way to their tasks.
    "__future__", "asyncio", "cProfile", "concurrent", "http", "importlib", "multiprocessing",
    "pdb", "re", "runpy", "socketserver", "sys", "threading", "unittest"};

/// Options of those programs that name the module of the application.
constexpr std::string_view kModuleOptions[] = {"-A", "--app", "--settings"};

/// A console script's wrapper is not longer than this.
constexpr std::size_t kMostWrapperBytes = 2048;

bool is_library(std::string_view package) {
  return std::find(std::begin(kLibraries), std::end(kLibraries), package) != std::end(kLibraries);
}

bool is_module_name(std::string_view text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '_' || c == '.' || c >= 0x80;
         });
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_interpreter(std::string_view argument) {
  return starts_with(base_name(argument), "python");
}

std::string_view without_suffix(std::string_view name) {
  return ends_with(name, ".py") ? name.substr(0, name.size() - 3) : name;
}

/// Takes the next part off the front of a path.
std::string_view take_part(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view part = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  return part;
}

/// Where a file lies among what is installed.
struct Place {
  bool library = false;
  std::string_view package;  ///< of an installed package: "celery", "six.py"
};

/// A directory (or archive) that holds installed packages.
bool holds_packages(std::string_view part) {
  return part == "site-packages" || part == "dist-packages" || part == "__pypackages__" ||
         ends_with(part, ".egg") || ends_with(part, ".whl");
}

/// "python3.11" below a lib directory, "python311.zip".
bool is_standard_library(std::string_view parent, std::string_view part) {
  if (!starts_with(part, "python3")) return false;
  return parent == "lib" || parent == "lib64" || parent == "lib32" || ends_with(part, ".zip");
}

Place place_of(std::string_view file) {
  Place place;
  // Programs that are packed into one file know their modules by relative paths.
  std::string_view rest = file;
  place.library = is_library(without_suffix(take_part(rest)));
  for (std::string_view parent; !file.empty();) {
    const std::string_view part = take_part(file);
    if (holds_packages(part)) {
      place.library = true;
      rest = file;
      place.package = without_suffix(take_part(rest));
    } else if (is_standard_library(parent, part)) {
      place.library = true;
    }
    parent = part;
  }
  return place;
}

/// A file in a directory bin that is not named .py.
bool is_installed_script(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string_view::npos || ends_with(file, ".py")) return false;
  const std::string_view directory = file.substr(0, slash);
  return base_name(directory) == "bin" || base_name(directory) == "sbin";
}

/// A cluster of one-letter options that ends in `letter`: "-m", "-Im".
bool is_option(std::string_view argument, char letter) {
  return argument.size() >= 2 && argument[0] == '-' && argument.back() == letter &&
         std::all_of(argument.begin() + 1, argument.end(),
                     [](unsigned char c) { return std::isalpha(c) && c != 'X' && c != 'W'; });
}

/// Of the arguments of an interpreter: -c, -m, or the script.
std::size_t index_of_program(const std::vector<std::string>& arguments) {
  std::size_t i = 1;
  while (i < arguments.size()) {
    const std::string_view argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-' || is_option(argument, 'c') ||
        is_option(argument, 'm'))
      break;
    const bool has_value =
        argument == "-X" || argument == "-W" || argument == "--check-hash-based-pycs";
    i += has_value ? 2 : 1;
  }
  return std::min(i, arguments.size());
}

/// The module that a console script's wrapper takes its function from.
std::optional<std::string_view> wrapped_module(std::string_view script) {
  if (script.size() > kMostWrapperBytes || script.find("sys.exit(") == std::string_view::npos)
    return std::nullopt;
  for (std::string_view line; next_line(script, line);) {
    if (next_word(line) != "from") continue;
    const std::string_view module = next_word(line);
    if (is_module_name(module)) return module;
  }
  return std::nullopt;
}

/// "shop.main" of "shop.main:app" and "shop.main:make_app()".
std::string_view module_with_function(std::string_view argument) {
  const std::size_t colon = argument.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view module = argument.substr(0, colon);
  std::string_view function = argument.substr(colon + 1);
  function = function.substr(0, function.find('('));
  return is_module_name(module) && is_module_name(function) ? module : std::string_view();
}

}  // namespace

PythonOrigin PythonOrigin::of(const std::vector<std::string>& arguments, std::string_view script) {
  PythonOrigin origin;
  std::size_t program = 0;
  if (!arguments.empty() && is_interpreter(arguments[0])) {
    program = index_of_program(arguments);
    std::string_view option;
    if (program < arguments.size()) option = arguments[program];
    origin.from_command_line_ = is_option(option, 'c');
    if (is_option(option, 'm') && ++program < arguments.size())
      origin.add_package(arguments[program]);
  }
  if (is_installed_script(script_path(arguments)))
    if (const auto module = wrapped_module(script)) origin.add_package(*module);
  if (!origin.from_command_line_) origin.add_named_modules(arguments, program + 1);
  return origin;
}

std::string_view PythonOrigin::script_path(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return {};
  if (!is_interpreter(arguments[0])) return arguments[0];
  const std::size_t program = index_of_program(arguments);
  const bool is_script = program < arguments.size() && arguments[program][0] != '-';
  return is_script ? std::string_view(arguments[program]) : std::string_view();
}

void PythonOrigin::add_package(std::string_view module) {
  const std::string_view package = module.substr(0, module.find('.'));
  if (is_module_name(package) && !is_library(package) && packages_.size() < kMostPackages)
    packages_.emplace(package);
}

/// What is named to a framework: "shop.main:app", "-A shop", "--app=shop".
void PythonOrigin::add_named_modules(const std::vector<std::string>& arguments, std::size_t first) {
  for (std::size_t i = first; i < arguments.size(); i++) {
    const std::string_view argument = arguments[i];
    add_package(module_with_function(argument));
    for (const std::string_view option : kModuleOptions) {
      if (argument == option && i + 1 < arguments.size()) add_package(arguments[i + 1]);
      if (starts_with(argument, option) && argument.substr(option.size(), 1) == "=")
        add_package(argument.substr(option.size() + 1));
    }
  }
}

bool PythonOrigin::is_application(std::string_view file, std::string_view function) const {
  if (file.empty()) return false;
  if (file == "<stdin>" || starts_with(file, "<ipython-input")) return true;
  if (file == "<string>") return from_command_line_;
  if (file.front() == '<') return false;
  if (is_installed_script(file) && function == "<module>") return false;
  const Place place = place_of(file);
  return !place.library || packages_.count(place.package) > 0;
}

}  // namespace culprit
