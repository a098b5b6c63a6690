// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/result.h"

namespace culprit {

/// A value in a file of rules, and where it is: errors name the file, the JSON pointer and
/// what was expected there.
class JsonPlace {
 public:
  JsonPlace(const nlohmann::json& json, std::string_view file) : json_(&json), file_(file) {}

  const nlohmann::json& json() const { return *json_; }
  const std::string& pointer() const { return pointer_; }
  bool has(const char* key) const { return json_->is_object() && json_->contains(key); }
  JsonPlace operator[](const char* key) const;
  JsonPlace operator[](std::size_t index) const;

  /// "FILE: POINTER: EXPECTED", a misuse.
  tl::unexpected<Error> wrong(const std::string& expected) const;

  /// An object with no keys but these, and with the first `required` of them.
  Status keys(std::initializer_list<std::string_view> known, std::size_t required = 0) const;
  /// Not empty.
  Result<std::string> text() const;
  Result<std::string> text(const char* key) const { return (*this)[key].text(); }
  /// Of one of these, its index.
  Result<std::size_t> one_of(std::initializer_list<std::string_view> names) const;
  Result<double> number(double least, double most) const;
  /// 0.5, "10s" or "5m".
  Result<double> duration() const;
  /// The elements of an array that is not empty.
  Result<std::vector<JsonPlace>> elements() const;
  /// The members of an object that is not empty, with their keys.
  Result<std::vector<std::pair<std::string, JsonPlace>>> members() const;

 private:
  JsonPlace(const nlohmann::json& json, std::string_view file, std::string pointer)
      : json_(&json), file_(file), pointer_(std::move(pointer)) {}

  const nlohmann::json* json_;
  std::string_view file_;
  std::string pointer_;
};

/// Reads JSON with comments; an error names the file, and line and column. A key that comes
/// twice, and nesting deeper than rules have, is an error.
Result<nlohmann::json> parse_rules_json(std::string_view file, std::string_view text);

}  // namespace culprit
