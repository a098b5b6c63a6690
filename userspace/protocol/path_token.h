// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace culprit {

/// True for what names one thing of many: numbers, dates, UUIDs, hexadecimal of 8 digits and
/// more, e-mail addresses, long tokens in which letters and digits mix.
bool is_id(std::string_view token);

/// ".js" of "app.js", for the usual kinds of files; "" for anything else.
std::string_view file_extension(std::string_view segment);

/// What one segment of a path shows in a route: `{id}` for an id, with the file extension
/// behind it; ids between dashes, too; no parameter behind `;`. Control characters and what
/// is not UTF-8 become `?`. `label` is overwritten.
void path_label(std::string_view segment, std::string& label);

}  // namespace culprit
