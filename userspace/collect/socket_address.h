// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "bpf/call.h"

namespace culprit {

/// "10.0.0.1:5432", "[2001:db8::1]:80". 16 bytes; IPv4 comes as ::ffff:a.b.c.d.
std::string internet_address(const std::uint8_t* address, std::uint16_t port);

/// Both ends of a connection. A Unix socket's path is the server's address: `remote` at the
/// client's end, `local` at the server's; an abstract one begins with '@', as ss(8) shows it.
void name_ends(const connection_record& record, std::string& local, std::string& remote);

/// Both ends are evidently on this host: a Unix socket, a loopback address, or one to itself.
bool is_within_host(const connection_record& record);

}  // namespace culprit
