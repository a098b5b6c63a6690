// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "act/setting.h"
#include "bpf/network_limit.h"

namespace culprit {

/// The value of a place where sockets are not limited.
inline constexpr char kUnlimited[] = "none";

/// "deny 10.0.0.1:5432", "connects 5/s" or "egress 1048576/s".
std::string network_limit_text(const network_limit& limit);
/// The other way round; absent when it is none of these.
std::optional<network_limit> parse_network_limit(std::string_view text);

/// "refused 12 connections, let 3 pass", "dropped 10 packets, let 5M bytes pass".
std::string network_counts_text(const network_limit& limit, const network_limit_counts& counts);

// Arguments of culprit throttle.

/// "10.0.0.1:5432", "[2001:db8::1]:80".
Result<Setting> parse_deny_connect(std::string_view text);
/// "5/s" or "5".
Result<Setting> parse_connect_rate(std::string_view text);
/// "1M", "1M/s": bytes a second.
Result<Setting> parse_egress(std::string_view text);
/// The value that a setting of these three stands for.
std::string network_value(const Setting& setting);

}  // namespace culprit
