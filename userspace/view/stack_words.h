// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "model/stack_tree.h"
#include "view/page.h"

namespace culprit {

/// A small table in a process's detail and in `culprit why`: a stack a row, innermost function
/// first, as the outer ones are where it may be cut.
void write_hot_stacks(Page& page, const std::vector<HotStack>& stacks, double seconds);

}  // namespace culprit
