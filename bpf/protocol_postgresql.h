/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* PostgreSQL, protocol 3: a type letter and a big-endian length that counts itself. */
#ifndef CULPRIT_BPF_PROTOCOL_POSTGRESQL_H
#define CULPRIT_BPF_PROTOCOL_POSTGRESQL_H

#include "protocol_bytes.h"

#define POSTGRESQL_START_MOST 10000      /* the server takes no longer start-up packet */
#define POSTGRESQL_MESSAGE_MOST 0x3fffffff
#define POSTGRESQL_SPLIT_MOST 0xffffff   /* of what does not end with its write */
#define POSTGRESQL_BIND_SPLIT_LEAST 512  /* a write is cut only when it is long */

/* Start-up, and what may come in its place; no type letter. */
RECOGNISER int postgresql_start(const __u8 *bytes, __u32 length)
{
	__u32 size = four_bytes(bytes), code = four_bytes(bytes + 4);

	if (size != length || size < 8 || size > POSTGRESQL_START_MOST)
		return 0;
	if (code == 0x04d2162f || code == 0x04d21630) /* SSLRequest, GSSENCRequest */
		return size == 8;
	return code == 0x04d2162e || code == 0x00030000 || code == 0x00030002;
}

/* Types of a client that may follow another message of its write. */
RECOGNISER int postgresql_client_type(__u8 type)
{
	return type == 'Q' || type == 'P' || type == 'B' || type == 'D' || type == 'E' ||
	       type == 'C' || type == 'S' || type == 'H' || type == 'F' || type == 'X' ||
	       type == 'p' || type == 'd' || type == 'c' || type == 'f';
}

/* What follows type and length of Q, P (name, text) or B (portal, statement). */
RECOGNISER int postgresql_body(const __u8 *bytes)
{
	if (bytes[0] == 'Q')
		return bytes_start_text(bytes + 5);
	if (bytes[0] == 'P')
		return bytes[5] ? bytes_start_text(bytes + 5) : bytes_start_text(bytes + 6);
	if (bytes[5])
		return bytes_start_text(bytes + 5);
	return bytes[6] ? bytes_start_text(bytes + 6) : !bytes[7];
}

RECOGNISER int postgresql_request(const __u8 *bytes, __u32 captured, __u32 length,
				  const __u8 *last)
{
	__u32 size = four_bytes(bytes + 1), ending = four_bytes(last + 4);
	__u8 next = 0;

	if (size < 4 || size > POSTGRESQL_MESSAGE_MOST)
		return 0;
	if (bytes[0] == 'X')
		return size == 4 && length == 5;
	if (bytes[0] == 'F')
		return size >= 14 && length == 1 + size;
	if (bytes[0] != 'Q' && bytes[0] != 'P' && bytes[0] != 'B')
		return 0;
	if (length == 1 + size) /* Q ends with the text's NUL, P and B with a count */
		return bytes[0] == 'Q' ? size >= 5 && !last[7] : size >= 8;
	if (size > POSTGRESQL_SPLIT_MOST)
		return 0;
	if (length < 1 + size) {
		if (bytes[0] == 'B' && length < POSTGRESQL_BIND_SPLIT_LEAST)
			return 0;
		return postgresql_body(bytes);
	}
	/* Another message follows; the last is most often Sync or Flush, which are empty. */
	if (1 + size >= captured)
		return (ending == 4 && (last[3] == 'S' || last[3] == 'H')) ||
		       postgresql_body(bytes);
	RECOGNITION_UNROLL
	for (__u32 i = 5; i < RECOGNITION_BYTES; i++)
		if (i == 1 + size)
			next = bytes[i];
	return postgresql_client_type(next);
}

/* Types of a server that may begin a read which ends with ReadyForQuery. */
RECOGNISER int postgresql_server_type(__u8 type)
{
	return type == 'T' || type == 'D' || type == 'C' || type == '1' || type == '2' ||
	       type == '3' || type == 'n' || type == 'I' || type == 'N' || type == 'S' ||
	       type == 'E' || type == 'Z' || type == 't' || type == 's' || type == 'A' ||
	       type == 'K' || type == 'G' || type == 'H' || type == 'V' || type == 'd' ||
	       type == 'c';
}

RECOGNISER int postgresql_reply(const __u8 *bytes, __u32 length, const __u8 *last)
{
	__u32 size = four_bytes(bytes + 1), code = four_bytes(bytes + 5);

	if (size < 4 || size >= length)
		return 0;
	if (bytes[0] == 'R') /* authentication: ok, or how */
		return (size == 8 && !code) || (size >= 8 && size < 4096 && code >= 2 && code <= 12);
	if (!postgresql_server_type(bytes[0]) || length < 6)
		return 0;
	return last[2] == 'Z' && four_bytes(last + 3) == 5 &&
	       (last[7] == 'I' || last[7] == 'T' || last[7] == 'E');
}

RECOGNISER struct recognition recognise_postgresql(const __u8 *bytes, __u32 captured,
						   __u32 length, const __u8 *last)
{
	if (captured < 5)
		return recognised(PROTOCOL_UNKNOWN, 0);
	if (postgresql_start(bytes, length) || postgresql_request(bytes, captured, length, last))
		return recognised(PROTOCOL_POSTGRESQL, 1);
	if (postgresql_reply(bytes, length, last))
		return recognised(PROTOCOL_POSTGRESQL, 0);
	return recognised(PROTOCOL_UNKNOWN, 0);
}

#endif
