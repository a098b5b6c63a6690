// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "model/snapshot.h"
#include "view/document.h"

/// The sections of report_document(), each in a file of its own.
namespace culprit::report_parts {

/// So many rows of a kind are told.
inline constexpr std::size_t kRowsShown = 15;

document::Tone tone_of(Severity severity);

/// The score with its deductions, and the key figures of the host.
void verdict(document::Document& out, const Snapshot& snapshot);
/// The findings with what they rest on; who causes and who suffers.
void findings(document::Document& out, const Snapshot& snapshot);
/// The recommendations by when to follow them, with what they bring.
void plan(document::Document& out, const Judgement& judgement);
/// Where the time went, as charts.
void charts(document::Document& out, const Snapshot& snapshot);
/// What was measured: tasks, queries, endpoints, databases, services, processes, the host.
void tables(document::Document& out, const Snapshot& snapshot);

}  // namespace culprit::report_parts
