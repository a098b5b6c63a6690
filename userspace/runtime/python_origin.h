// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// Tells the code of an application from the code of libraries: the standard library,
/// installed packages, frozen and generated code, wrappers that start a console script.
class PythonOrigin {
 public:
  PythonOrigin() = default;

  /// `arguments` of the process, its name first. `script` is the text of the file that they
  /// start, as far as it is known. What they name is the application even where it is
  /// installed as a package: `python -m jobs`, `uvicorn shop.main:app`, a console script.
  static PythonOrigin of(const std::vector<std::string>& arguments, std::string_view script);

  /// The file that the arguments of an interpreter start; empty: none (-m, -c, interactive).
  static std::string_view script_path(const std::vector<std::string>& arguments);

  /// `file` and `function` as the interpreter knows them.
  bool is_application(std::string_view file, std::string_view function) const;

  /// Installed packages that are the application.
  const std::set<std::string, std::less<>>& packages() const { return packages_; }

 private:
  void add_package(std::string_view module);
  void add_named_modules(const std::vector<std::string>& arguments, std::size_t first);

  std::set<std::string, std::less<>> packages_;
  bool from_command_line_ = false;  ///< python -c: its code is in the file "<string>"
};

}  // namespace culprit
