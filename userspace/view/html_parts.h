// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "view/document.h"

/// What html_page() is made of.
namespace culprit::html_parts {

/// Any bytes as text or attribute, on one line.
std::string text(std::string_view bytes);

void gauge(std::string& out, const document::Gauge& gauge);
void tiles(std::string& out, const document::Tiles& tiles);
void chart(std::string& out, const document::BarChart& chart);

/// The name of a class of kPageStyle.
std::string_view tone_class(document::Tone tone);

}  // namespace culprit::html_parts
