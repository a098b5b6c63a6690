// SPDX-License-Identifier: Apache-2.0
#include "view/text_line.h"

#include <cstdarg>
#include <cstdio>

namespace culprit {

void line(std::string& out, const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof(buffer), format, arguments);
  va_end(arguments);
  out += buffer;
  out += '\n';
}

}  // namespace culprit
