// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace culprit {

// One function a subcommand, each in cli/NAME.cpp; returns the exit code.
int run_top(const std::vector<std::string>& arguments);
int run_analyze(const std::vector<std::string>& arguments);
int run_why(const std::vector<std::string>& arguments);
int run_flame(const std::vector<std::string>& arguments);
int run_daemon(const std::vector<std::string>& arguments);
int run_doctor(const std::vector<std::string>& arguments);
int run_export(const std::vector<std::string>& arguments);
int run_record(const std::vector<std::string>& arguments);
int run_replay(const std::vector<std::string>& arguments);
int run_history(const std::vector<std::string>& arguments);
int run_trends(const std::vector<std::string>& arguments);
int run_compare(const std::vector<std::string>& arguments);
int run_check(const std::vector<std::string>& arguments);
int run_recommend(const std::vector<std::string>& arguments);
int run_apply(const std::vector<std::string>& arguments);
int run_throttle(const std::vector<std::string>& arguments);
int run_revert(const std::vector<std::string>& arguments);
int run_actions(const std::vector<std::string>& arguments);
int run_schedule(const std::vector<std::string>& arguments);
int run_rules(const std::vector<std::string>& arguments);

}  // namespace culprit
