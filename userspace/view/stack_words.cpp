// SPDX-License-Identifier: Apache-2.0
#include "view/stack_words.h"

#include <string>

#include "view/call_words.h"
#include "view/format.h"

namespace culprit {
namespace {

std::string stack_text(const Frames& frames) {
  std::string text;
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame)
    text += (text.empty() ? "" : " < ") + (*frame)->function;
  return text.empty() ? "[unknown]" : text;
}

}  // namespace

void write_hot_stacks(Page& page, const std::vector<HotStack>& stacks, double seconds) {
  constexpr PageColumn kColumns[] = {{"CPU%", 6}, {"SHARE", 6}, {"STACK, INNERMOST FIRST", 0}};
  std::vector<PageRow> rows;
  for (const HotStack& stack : stacks)
    rows.push_back({seconds > 0 ? format_percent(100 * stack.seconds / seconds) : "-",
                    share_text(stack.ratio, 1), stack_text(stack.frames)});
  page.table(kColumns, rows);
}

}  // namespace culprit
