// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "protocol/decoder.h"

namespace culprit {

/// Decoder of the client/server protocol of MySQL and MariaDB.
///
/// A call is what makes the client wait for work of the server:
/// - COM_QUERY, with all its statements and results: one call;
/// - COM_STMT_EXECUTE and MariaDB's COM_STMT_BULK_EXECUTE, under the text that was prepared;
/// - the commands without SQL under their names: PING, INIT_DB, CHANGE_USER, FIELD_LIST, …
/// No calls: COM_STMT_PREPARE, COM_STMT_FETCH (the rest of an execution that opened a cursor),
/// COM_STMT_RESET; what has no answer (COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA, COM_QUIT); the
/// login. Rows of a cursor are not known.
/// These are the server's `Questions`, but for PING and STATISTICS, which it does not count,
/// and for fetches, long data, and each further statement of a query, which it does.
///
/// Once the connection is encrypted or compressed, calls are told by turn-taking, without
/// text (kCallTimingOnly). What was prepared before culprit came is kCallTextUnseen: the ids
/// of statements count up in each connection and say nothing of those of its siblings.
std::unique_ptr<Decoder> make_mysql_decoder(const DecoderScope& scope, DecoderBooks& books);

}  // namespace culprit
