// SPDX-License-Identifier: Apache-2.0
#include "serve/speedscope.h"

#include <map>
#include <tuple>
#include <vector>

#include "serve/json_writer.h"

namespace culprit {
namespace {

/// Numbers of functions in the order in which they come.
class FrameNumbers {
 public:
  std::size_t of(const StackFrame& frame) {
    const auto [place, is_new] =
        numbers_.try_emplace(std::tuple(frame.function, frame.module, frame.kind), list_.size());
    if (is_new) list_.push_back(&frame);
    return place->second;
  }
  const std::vector<const StackFrame*>& list() const { return list_; }

 private:
  std::map<std::tuple<std::string, std::string, CodeKind>, std::size_t> numbers_;
  std::vector<const StackFrame*> list_;
};

void write_frames(JsonWriter& json, const std::vector<const StackFrame*>& frames) {
  json.key("shared");
  json.begin_object();
  json.key("frames");
  json.begin_array();
  for (const StackFrame* frame : frames) {
    json.begin_object();
    json.member("name", frame->function);
    if (!frame->module.empty()) json.member("file", frame->module);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_samples(JsonWriter& json, const StackProfile& profile, FrameNumbers& numbers) {
  std::uint64_t sum = 0;
  for (const WeightedStack& stack : profile.stacks) sum += stack.ns;
  json.begin_object();
  json.member("type", "sampled");
  json.member("name", profile.subject);
  json.member("unit", "nanoseconds");
  json.member("startValue", 0);
  json.member("endValue", sum);
  json.key("samples");
  json.begin_array();
  for (const WeightedStack& stack : profile.stacks) {
    json.begin_array();
    for (const FramePointer& frame : stack.frames) json.value(numbers.of(*frame));
    json.end_array();
  }
  json.end_array();
  json.key("weights");
  json.begin_array();
  for (const WeightedStack& stack : profile.stacks) json.value(stack.ns);
  json.end_array();
  json.end_object();
}

}  // namespace

std::string speedscope_json(const StackProfile& profile) {
  FrameNumbers numbers;
  JsonWriter json(JsonStyle::kLine);
  json.begin_object();
  json.member("$schema", "https://www.speedscope.app/file-format-schema.json");
  json.member("name", profile.subject);
  json.member("exporter", "culprit " CULPRIT_VERSION);
  json.member("activeProfileIndex", 0);
  json.key("profiles");
  json.begin_array();
  write_samples(json, profile, numbers);
  json.end_array();
  write_frames(json, numbers.list());
  json.end_object();
  return json.take() + '\n';
}

}  // namespace culprit
