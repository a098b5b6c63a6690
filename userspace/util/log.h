// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace culprit {

/// Sends spdlog's default logger to stderr, one line a message: stdout carries only the
/// answer. Call once, before anything logs.
void start_log();

}  // namespace culprit
