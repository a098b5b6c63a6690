// SPDX-License-Identifier: Apache-2.0
#include "analyze/json_place.h"

#include <algorithm>
#include <set>

#include "analyze/number_text.h"
#include "util/duration.h"
#include "util/utf8.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

constexpr int kMostDepth = 20;
constexpr std::size_t kMostToldBytes = 200;

std::string escaped(std::string_view key) {
  std::string out;
  for (const char byte : key) {
    if (byte == '~')
      out += "~0";
    else if (byte == '/')
      out += "~1";
    else
      out += static_cast<unsigned char>(byte) < 0x20 ? ' ' : byte;
  }
  return out;
}

std::string joined(std::initializer_list<std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  return list;
}

std::string_view kind_of(const Json& json) {
  if (json.is_object()) return "an object";
  if (json.is_array()) return "an array";
  if (json.is_string()) return "a text";
  if (json.is_number()) return "a number";
  return json.is_boolean() ? "true or false" : "null";
}

/// What nlohmann's reader lets pass: keys that come twice, and any depth.
class Strictness {
 public:
  void note(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMostDepth) refuse("is nested too deeply");
    if (event == Json::parse_event_t::object_start) keys_.emplace_back();
    if (event == Json::parse_event_t::object_end) keys_.pop_back();
    if (event == Json::parse_event_t::key && !keys_.back().insert(parsed).second)
      refuse("has the key '" + parsed.get<std::string>() + "' twice in one object");
  }
  const std::string& problem() const { return problem_; }

 private:
  void refuse(const std::string& problem) {
    if (problem_.empty()) problem_ = problem;
  }

  std::vector<std::set<std::string>> keys_;
  std::string problem_;
};

}  // namespace

JsonPlace JsonPlace::operator[](const char* key) const {
  return {(*json_)[key], file_, pointer_ + "/" + escaped(key)};
}

JsonPlace JsonPlace::operator[](std::size_t index) const {
  return {(*json_)[index], file_, pointer_ + "/" + std::to_string(index)};
}

tl::unexpected<Error> JsonPlace::wrong(const std::string& expected) const {
  return misuse(std::string(file_) + ": " + (pointer_.empty() ? "/" : pointer_) + ": " +
                shortened(to_utf8(expected), kMostToldBytes));
}

Status JsonPlace::keys(std::initializer_list<std::string_view> known, std::size_t required) const {
  if (!json_->is_object())
    return wrong("an object was expected, not " + std::string(kind_of(*json_)));
  for (const auto& [key, value] : json_->items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return JsonPlace(value, file_, pointer_ + "/" + escaped(key))
          .wrong("unknown key; known are " + joined(known));
  for (auto key = known.begin(); required > 0; ++key, --required)
    if (!json_->contains(std::string(*key)))
      return wrong("the key " + std::string(*key) + " is missing");
  return {};
}

Result<std::string> JsonPlace::text() const {
  if (!json_->is_string() || json_->get_ref<const std::string&>().empty())
    return wrong("a text that is not empty was expected");
  return json_->get<std::string>();
}

Result<std::size_t> JsonPlace::one_of(std::initializer_list<std::string_view> names) const {
  if (json_->is_string()) {
    const auto found = std::find(names.begin(), names.end(), json_->get_ref<const std::string&>());
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  return wrong("one of " + joined(names) + " was expected");
}

Result<double> JsonPlace::number(double least, double most) const {
  if (json_->is_number()) {
    const auto value = json_->get<double>();
    if (value >= least && value <= most) return value;
  }
  return wrong("a number from " + number_text(least, Unit::kNone) + " to " +
               number_text(most, Unit::kNone) + " was expected");
}

Result<double> JsonPlace::duration() const {
  if (json_->is_string()) {
    const auto duration = parse_duration(json_->get_ref<const std::string&>());
    if (duration) return std::chrono::duration<double>(*duration).count();
  }
  return wrong("a duration such as \"10s\" or \"5m\" was expected");
}

Result<std::vector<JsonPlace>> JsonPlace::elements() const {
  if (!json_->is_array() || json_->empty()) return wrong("an array that is not empty was expected");
  std::vector<JsonPlace> places;
  for (std::size_t index = 0; index < json_->size(); ++index) places.push_back((*this)[index]);
  return places;
}

Result<std::vector<std::pair<std::string, JsonPlace>>> JsonPlace::members() const {
  if (!json_->is_object() || json_->empty())
    return wrong("an object that is not empty was expected");
  std::vector<std::pair<std::string, JsonPlace>> places;
  for (const auto& [key, value] : json_->items())
    places.emplace_back(key, JsonPlace(value, file_, pointer_ + "/" + escaped(key)));
  return places;
}

Result<nlohmann::json> parse_rules_json(std::string_view file, std::string_view text) {
  const std::string name(file);
  Strictness strictness;
  Json json;
  try {
    json = Json::parse(
        text,
        [&](int depth, Json::parse_event_t event, Json& parsed) {
          strictness.note(depth, event, parsed);
          return true;
        },
        true, true);
  } catch (const Json::exception& error) {
    std::string message = error.what();
    // "[json.exception.parse_error.101] parse error at line 3, column 4: …"
    message.erase(0, std::min(message.find("] "), message.size()));
    if (message.starts_with("] ")) message.erase(0, 2);
    std::replace(message.begin(), message.end(), '\n', ' ');
    return misuse(name + ": /: " + shortened(to_utf8(message), kMostToldBytes));
  }
  if (!strictness.problem().empty())
    return misuse(name + ": /: " + shortened(to_utf8(strictness.problem()), kMostToldBytes));
  return json;
}

}  // namespace culprit
