// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// Numbers of the host's disks, "8:0"; not of what is made of memory or files, whose I/O is that of
/// others. Empty where /sys/block cannot be read.
std::vector<std::string> disk_numbers(const std::filesystem::path& root);

/// Some disk of the host has one of these schedulers ("bfq").
bool has_scheduler(const std::filesystem::path& root,
                   std::initializer_list<std::string_view> schedulers);

}  // namespace culprit
