// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collect/task_reading.h"
#include "model/task_rows.h"

namespace culprit {

/// A command line without its directory and without what differs from run to run: numbers,
/// dates, long hexadecimal ids and names below temporary directories become `*`. The number
/// after a colon or a `port` stays: two servers are not two runs of one. At most 512 bytes of
/// it are looked at.
std::string command_pattern(std::string_view command);

/// What a shell or an interpreter was started for: "sh -c X" is X, "python3 /opt/x.py" is
/// "x.py"; of anything else, its pattern. Shortened to what a row has room for.
std::string command_title(std::string_view command);

/// Name of the pool that a thread belongs to: numbers that count threads become `*`.
/// "GC Thread#1" is "GC Thread#*"; "C2 CompilerThre0" is "C2 CompilerThre*".
std::string thread_pool_name(std::string_view thread);

/// The same of a kernel thread, by what is before its first `/`: "kworker/*".
std::string kernel_pool_name(std::string_view thread);

/// "poll (worker.py:31)"; under another function, "run_asgi › get_user (api.py:34)".
std::string task_title(const TaskName& name);

/// Where its own code begins; absent when no name is known.
std::optional<CodeName> task_source(const TaskName& name);

TaskRowKind row_kind(TaskKind kind);

/// 16 hex digits of everything that names a task.
std::string task_id_text(std::string_view owner, TaskRowKind kind, std::string_view name);

}  // namespace culprit
