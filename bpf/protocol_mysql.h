/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * MySQL: a 3-byte little-endian length, a sequence number, and for a client's first packet
 * a command byte. A length of four bytes before small messages looks the same, so each
 * command's own shape is asked for; rarer commands leave it to the next request.
 */
#ifndef CULPRIT_BPF_PROTOCOL_MYSQL_H
#define CULPRIT_BPF_PROTOCOL_MYSQL_H

#include "protocol_bytes.h"

#define MYSQL_GREETING_MOST 512
#define MYSQL_PROTOCOL_41 0x02 /* in the second byte of a client's capabilities */

/* Protocol 10 and a version: digits, a dot, a digit. */
RECOGNISER int mysql_greeting(const __u8 *bytes, __u32 size)
{
	if (bytes[4] != 0x0a || size > MYSQL_GREETING_MOST || !byte_is_digit(bytes[5]))
		return 0;
	if (bytes[6] == '.')
		return byte_is_digit(bytes[7]);
	return byte_is_digit(bytes[6]) && bytes[7] == '.' && byte_is_digit(bytes[8]);
}

/* A client's answer to the greeting, or its wish for TLS: 23 zeros after the character set. */
RECOGNISER int mysql_login(const __u8 *bytes, __u32 size)
{
	__u8 any = 0;

	if (bytes[3] != 1 || size < 32 || !(bytes[5] & MYSQL_PROTOCOL_41))
		return 0;
	RECOGNITION_UNROLL
	for (int i = 13; i < RECOGNITION_BYTES; i++)
		any |= bytes[i];
	return !any;
}

/* Commands that may be longer than one write. */
RECOGNISER int mysql_long_command(const __u8 *bytes, __u32 size)
{
	if (bytes[4] == 0x03 && bytes[5] == 0 && bytes[6] == 1) /* no attributes, one set of them */
		return size > 3 && bytes_start_text(bytes + 7);
	if (bytes[4] == 0x03 || bytes[4] == 0x16) /* query, prepare */
		return size > 1 && bytes_start_text(bytes + 5);
	if (bytes[4] == 0x17) /* execute: statement, flags, 1 as a number of four bytes */
		return size >= 10 && bytes[9] <= 0x0f && four_bytes(bytes + 10) == 0x01000000;
	return bytes[4] == 0xfa && size >= 7 && !bytes[8] && !bytes[10]; /* MariaDB: bulk execute */
}

RECOGNISER int mysql_short_command(const __u8 *bytes, __u32 size)
{
	if (bytes[4] == 0x0e || bytes[4] == 0x09 || bytes[4] == 0x1f) /* ping, statistics, reset */
		return size == 1;
	if (bytes[4] == 0x02) /* database */
		return size > 1 && size < 1024 && bytes_start_text(bytes + 5);
	if (bytes[4] == 0x1b) /* option on or off */
		return size == 3 && bytes[5] <= 1 && !bytes[6];
	if (bytes[4] == 0x1c) /* fetch: statement, rows */
		return size == 9 && !bytes[8] && !bytes[12];
	return (bytes[4] == 0x19 || bytes[4] == 0x1a) && size == 5 && !bytes[8]; /* close, reset */
}

RECOGNISER struct recognition recognise_mysql(const __u8 *bytes, __u32 length)
{
	__u32 size = FOUR_BYTES(0, bytes[2], bytes[1], bytes[0]);

	if (length >= 4 + size && bytes[4] == 0x19 && size == 5 && length > 13 && !bytes[3] &&
	    !bytes[8] && !bytes[12] && bytes[13] && bytes[13] <= 0x1f) /* close, then a command */
		return recognised(PROTOCOL_MYSQL, 1);
	if (length > 4 + size || length < 5 || !size)
		return recognised(PROTOCOL_UNKNOWN, 0);
	if (length == 4 + size && mysql_login(bytes, size))
		return recognised(PROTOCOL_MYSQL, 1);
	if (bytes[3])
		return recognised(PROTOCOL_UNKNOWN, 0);
	if (mysql_long_command(bytes, size))
		return recognised(PROTOCOL_MYSQL, 1);
	if (length == 4 + size && mysql_short_command(bytes, size))
		return recognised(PROTOCOL_MYSQL, 1);
	if (length == 4 + size && mysql_greeting(bytes, size))
		return recognised(PROTOCOL_MYSQL, 0);
	return recognised(PROTOCOL_UNKNOWN, 0);
}

#endif
