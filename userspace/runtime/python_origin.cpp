// SPDX-License-Identifier: Apache-2.0
#include "runtime/python_origin.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "collect/text_scan.h"

namespace culprit {
namespace {

constexpr std::size_t kMostPackages = 32;

/// Programs that run other people's applications: never the application themselves.
constexpr std::string_view kFrameworks[] = {
    "aiohttp",    "apscheduler", "arq",       "asyncio",    "celery",        "cProfile",
    "click",      "daphne",      "debugpy",   "django",     "dramatiq",      "fastapi",
    "flask",      "flower",      "gevent",    "granian",    "gunicorn",      "honcho",
    "huey",       "hypercorn",   "ipykernel", "IPython",    "jupyter",       "jupyter_core",
    "kombu",      "locust",      "newrelic",  "notebook",   "pdb",           "pip",
    "pytest",     "rq",          "runpy",     "sanic",      "starlette",     "supervisor",
    "tornado",    "twisted",     "unittest",  "uvicorn",    "uvloop",        "uwsgi",
    "waitress",   "werkzeug",    "ddtrace",   "sentry_sdk", "opentelemetry", "multiprocessing",
    "concurrent", "sys",         "re",        "os",         "importlib",     "pkg_resources",
    "__future__", "site",        "threading", "logging",    "argparse",      "ptpython"};

/// Options of those programs that are followed by the module of the application.
constexpr std::string_view kModuleOptions[] = {"-A", "--app", "--settings", "--pythonpath-module"};

bool is_framework(std::string_view package) {
  return std::find(std::begin(kFrameworks), std::end(kFrameworks), package) !=
         std::end(kFrameworks);
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
  std::string_view parent;
  while (!file.empty()) {
    const std::string_view part = take_part(file);
    if (holds_packages(part)) {
      place.library = true;
      std::string_view rest = file;
      place.package = take_part(rest);
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

/// The first option or argument of an interpreter that decides what it runs.
std::size_t index_of_program(const std::vector<std::string>& arguments) {
  std::size_t i = 1;
  for (; i < arguments.size(); i++) {
    const std::string_view argument = arguments[i];
    if (argument == "-X" || argument == "-W" || argument == "--check-hash-based-pycs") {
      i++;
      continue;
    }
    if (argument.size() < 2 || argument[0] != '-' || argument == "-c" || argument == "-m" ||
        ends_with(argument, "m") || ends_with(argument, "c"))
      break;
  }
  return i;
}

/// The module that a console script's wrapper imports its function from.
std::optional<std::string_view> imported_module(std::string_view script) {
  for (std::string_view line; next_line(script, line);) {
    const std::string_view statement = next_word(line);
    if (statement != "from" && statement != "import") continue;
    const std::string_view module = next_word(line);
    if (is_module_name(module) && module != "re" && module != "sys") return module;
  }
  return std::nullopt;
}

}  // namespace

PythonOrigin PythonOrigin::of(const std::vector<std::string>& arguments, std::string_view script) {
  PythonOrigin origin;
  const bool interpreter = !arguments.empty() && is_interpreter(arguments[0]);
  std::size_t program = interpreter ? index_of_program(arguments) : 0;
  if (interpreter && program < arguments.size()) {
    const std::string_view option = arguments[program];
    if (option[0] == '-' && ends_with(option, "c")) {
      origin.from_command_line_ = true;
      return origin;
    }
    if (option[0] == '-' && ends_with(option, "m") && program + 1 < arguments.size())
      origin.add_package(arguments[++program]);
  }
  if (is_installed_script(script_path(arguments)))
    if (const auto module = imported_module(script)) origin.add_package(*module);
  origin.add_named_modules(arguments, program + 1);
  return origin;
}

std::string_view PythonOrigin::script_path(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return {};
  if (!is_interpreter(arguments[0])) return arguments[0];
  const std::size_t program = index_of_program(arguments);
  if (program >= arguments.size() || arguments[program][0] == '-') return {};
  return arguments[program];
}

void PythonOrigin::add_package(std::string_view module) {
  const std::string_view package = module.substr(0, module.find('.'));
  if (is_module_name(package) && !is_framework(package) && packages_.size() < kMostPackages)
    packages_.emplace(package);
}

/// "shop.main:app" anywhere, and what follows an option for a module.
void PythonOrigin::add_named_modules(const std::vector<std::string>& arguments, std::size_t first) {
  for (std::size_t i = first; i < arguments.size(); i++) {
    const std::string_view argument = arguments[i];
    const std::size_t colon = argument.find(':');
    const bool has_function =
        colon != std::string_view::npos && is_module_name(argument.substr(0, colon)) &&
        is_module_name(argument.substr(colon + 1, argument.find('(', colon) - colon - 1));
    if (has_function) add_package(argument.substr(0, colon));
    const bool takes_module = std::find(std::begin(kModuleOptions), std::end(kModuleOptions),
                                        argument) != std::end(kModuleOptions);
    if (takes_module && i + 1 < arguments.size()) add_package(arguments[i + 1]);
  }
}

bool PythonOrigin::is_application(std::string_view file, std::string_view function) const {
  if (file.empty()) return false;
  if (file == "<stdin>" || starts_with(file, "<ipython-input")) return true;
  if (file == "<string>") return from_command_line_;
  if (file.front() == '<') return false;
  if (is_installed_script(file) && function == "<module>") return false;
  const Place place = place_of(file);
  if (!place.library) return true;
  std::string_view package = place.package;
  if (ends_with(package, ".py")) package.remove_suffix(3);
  return packages_.count(package) > 0;
}

}  // namespace culprit
