// SPDX-License-Identifier: Apache-2.0
#include "model/waiting_parent.h"

#include "catch.h"

namespace culprit {
namespace {

ProcessRow process(std::uint32_t pid, std::uint32_t parent, const std::string& name,
                   Class value = Class::kUnknown) {
  ProcessRow row;
  row.id = {pid, 1};
  row.parent_pid = parent;
  row.name = name;
  row.process_class = value;
  if (value == Class::kBackground) {
    row.class_confidence = 0.01 * pid;
    row.class_because = "worked";
  }
  return row;
}

std::vector<ProcessRow> classified(std::vector<ProcessRow> processes) {
  classify_waiting_parents(processes);
  return processes;
}

}  // namespace

TEST_CASE("who waits for work in the background is background", "[task_class]") {
  const auto all = classified({process(10, 1, "sh"), process(60, 10, "dd", Class::kBackground),
                               process(70, 10, "gzip", Class::kBackground)});
  CHECK(all[0].process_class == Class::kBackground);
  CHECK(all[0].class_confidence == Approx(0.6));  // of the least sure
  CHECK(all[0].class_because == "waits for dd: worked");
  CHECK(all[1].class_because == "worked");
}

TEST_CASE("scripts that start scripts wait, too", "[task_class]") {
  const auto all =
      classified({process(10, 1, "sudo"), process(11, 10, "bash"), process(12, 11, "timeout"),
                  process(60, 12, "tar", Class::kBackground)});
  for (const ProcessRow& row : all) CHECK(row.process_class == Class::kBackground);
}

TEST_CASE("who waits for anything else, or for nothing, stays what it is", "[task_class]") {
  const auto value_with = [](std::vector<ProcessRow> children) {
    children.insert(children.begin(), process(10, 1, "sh"));
    return classified(std::move(children))[0].process_class;
  };
  const ProcessRow background = process(60, 10, "dd", Class::kBackground);
  CHECK(value_with({background}) == Class::kBackground);
  CHECK(value_with({}) == Class::kUnknown);
  CHECK(value_with({process(60, 11, "dd", Class::kBackground)}) == Class::kUnknown);
  CHECK(value_with({background, process(61, 10, "web", Class::kForeground)}) == Class::kUnknown);
  CHECK(value_with({background, process(61, 10, "who")}) == Class::kUnknown);
}

TEST_CASE("a server that is idle does not only wait", "[task_class]") {
  auto all = classified({process(10, 1, "python3"), process(60, 10, "job", Class::kBackground)});
  CHECK(all[0].process_class == Class::kUnknown);
  ProcessRow shell = process(10, 1, "bash", Class::kSystem);  // at which somebody sits
  all = classified({shell, process(60, 10, "make", Class::kBackground)});
  CHECK(all[0].process_class == Class::kSystem);
}

}  // namespace culprit
