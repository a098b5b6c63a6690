// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/snapshot.h"
#include "view/page.h"

namespace culprit {

/// "every 10 min, 42 s of CPU, overlaps with two others"; absent while no period is known.
std::optional<std::string> rhythm_text(const TaskRhythm& rhythm);

/// "background (90 %): worked and answered no request for 40 s".
std::string class_text(Class value, double confidence, const std::string& because);

/// ", Cleanup.run (jobs.py:31)"; "" where the task tells no more than its process.
std::string delayer_task(const DelayedBy& delay);
/// "worker (812), Cleanup.run (jobs.py:31)": who ran while another waited, and what of it.
std::string delayer_text(const DelayedBy& delay);

/// The same small table in a process's detail and in `culprit why`.
void write_tasks(Page& page, const std::vector<const TaskRow*>& tasks, double seconds);

/// What there is to say of one task, in sentences: what it is, its time, its rhythm.
std::vector<std::string> task_sentences(const TaskRow& task, double seconds);

}  // namespace culprit
