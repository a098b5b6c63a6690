// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// Decoder of the client/server protocol of MySQL and MariaDB.
///
/// A call is what the server's `Questions` counts, and PING and STATISTICS besides:
/// - COM_QUERY, with all its statements and results: one call;
/// - COM_STMT_EXECUTE and MariaDB's COM_STMT_BULK_EXECUTE, under the text that was prepared;
/// - the commands without SQL under their names: PING, INIT_DB, CHANGE_USER, FIELD_LIST, …
/// No calls: COM_STMT_PREPARE, COM_STMT_FETCH (the rest of an execution that opened a cursor),
/// COM_STMT_RESET; what has no answer (COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA, COM_QUIT); the
/// login. Rows of a cursor are not known.
///
/// Once the connection is encrypted or compressed, calls are told by turn-taking, without
/// text (kCallTimingOnly). What was prepared before culprit came is kCallTextUnseen: the ids
/// of statements count up in each connection and say nothing of those of its siblings.
std::unique_ptr<Decoder> make_mysql_decoder(const DecoderScope& scope, DecoderBooks& books);

}  // namespace culprit
