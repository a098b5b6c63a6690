/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Redis, Memcached and HTTP/1, whose requests begin with words; and TLS. */
#ifndef CULPRIT_BPF_PROTOCOL_TEXT_H
#define CULPRIT_BPF_PROTOCOL_TEXT_H

#include "protocol_bytes.h"

/* What stands behind the method: a path, a URL. */
RECOGNISER int http_target(const __u8 *bytes)
{
	return bytes[0] == '/' || four_bytes(bytes) == FOUR_BYTES('h', 't', 't', 'p');
}

RECOGNISER int http_request(const __u8 *bytes)
{
	__u32 first = four_bytes(bytes), second = four_bytes(bytes + 4);

	if (first == FOUR_BYTES('G', 'E', 'T', ' ') || first == FOUR_BYTES('P', 'U', 'T', ' '))
		return http_target(bytes + 4);
	if ((first == FOUR_BYTES('P', 'O', 'S', 'T') || first == FOUR_BYTES('H', 'E', 'A', 'D')) &&
	    bytes[4] == ' ')
		return http_target(bytes + 5);
	if ((first == FOUR_BYTES('P', 'A', 'T', 'C') && second >> 16 == ('H' << 8 | ' ')) ||
	    (first == FOUR_BYTES('T', 'R', 'A', 'C') && second >> 16 == ('E' << 8 | ' ')))
		return http_target(bytes + 6);
	if (first == FOUR_BYTES('D', 'E', 'L', 'E') && second >> 8 == FOUR_BYTES(0, 'T', 'E', ' '))
		return http_target(bytes + 7);
	if (first == FOUR_BYTES('O', 'P', 'T', 'I') && second == FOUR_BYTES('O', 'N', 'S', ' '))
		return http_target(bytes + 8) || four_bytes(bytes + 8) == FOUR_BYTES('*', ' ', 'H', 'T');
	return first == FOUR_BYTES('C', 'O', 'N', 'N') && second == FOUR_BYTES('E', 'C', 'T', ' ') &&
	       (byte_is_letter(bytes[8]) || byte_is_digit(bytes[8]) || bytes[8] == '[');
}

RECOGNISER struct recognition recognise_http(const __u8 *bytes)
{
	if (http_request(bytes))
		return recognised(PROTOCOL_HTTP1, 1);
	if (four_bytes(bytes) == FOUR_BYTES('H', 'T', 'T', 'P') &&
	    four_bytes(bytes + 4) >> 8 == FOUR_BYTES(0, '/', '1', '.'))
		return recognised(PROTOCOL_HTTP1, 0);
	return recognised(PROTOCOL_UNKNOWN, 0);
}

/* What stands behind `*` and a number of one to seven digits: the first argument, a word. */
RECOGNISER int redis_argument(const __u8 *bytes)
{
	if (four_bytes(bytes) >> 8 != FOUR_BYTES(0, '\r', '\n', '$') || !byte_is_digit(bytes[3]))
		return 0;
	if (bytes[4] == '\r')
		return !bytes[5] || !bytes[6] || (bytes[5] == '\n' && byte_is_letter(bytes[6]));
	return !bytes[4] || (byte_is_digit(bytes[4]) && (!bytes[5] || bytes[5] == '\r'));
}

/* Messages of a subscription: to the client, and like a request in their shape. */
RECOGNISER int redis_push(const __u8 *bytes)
{
	__u32 first = four_bytes(bytes);

	if (first == FOUR_BYTES('*', '3', '\r', '\n'))
		return four_bytes(bytes + 8) == FOUR_BYTES('m', 'e', 's', 's');
	return first == FOUR_BYTES('*', '4', '\r', '\n') &&
	       four_bytes(bytes + 8) == FOUR_BYTES('p', 'm', 'e', 's');
}

RECOGNISER struct recognition recognise_redis(const __u8 *bytes, __u32 length)
{
	__u32 first = four_bytes(bytes);

	if (bytes[0] == '*' && bytes[1] != '0') {
		if (redis_push(bytes))
			return recognised(PROTOCOL_REDIS, 0);
		RECOGNITION_UNROLL
		for (int i = 1; i < 9; i++) {
			if (byte_is_digit(bytes[i]))
				continue;
			if (i > 1 && redis_argument(bytes + i))
				return recognised(PROTOCOL_REDIS, 1);
			break;
		}
	}
	/* Of the inline commands, those that health checks and people send first. */
	if (length == 6 && (bytes[4] << 8 | bytes[5]) == ('\r' << 8 | '\n') &&
	    (first == FOUR_BYTES('P', 'I', 'N', 'G') || first == FOUR_BYTES('I', 'N', 'F', 'O')))
		return recognised(PROTOCOL_REDIS, 1);
	return recognised(PROTOCOL_UNKNOWN, 0);
}

/* Of the classic commands, those that end where their line ends. */
RECOGNISER int memcached_line(const __u8 *bytes)
{
	__u32 first = four_bytes(bytes), second = four_bytes(bytes + 4);

	if (first == FOUR_BYTES('g', 'e', 't', ' ') || first == FOUR_BYTES('g', 'a', 't', ' '))
		return byte_is_visible(bytes[4]);
	if ((first == FOUR_BYTES('g', 'e', 't', 's') || first == FOUR_BYTES('g', 'a', 't', 's') ||
	     first == FOUR_BYTES('i', 'n', 'c', 'r') || first == FOUR_BYTES('d', 'e', 'c', 'r')) &&
	    bytes[4] == ' ')
		return byte_is_visible(bytes[5]);
	if (first == FOUR_BYTES('t', 'o', 'u', 'c') && second >> 16 == ('h' << 8 | ' '))
		return byte_is_visible(bytes[6]) && !byte_is_digit(bytes[6]);
	/* A number would be a job of beanstalkd. */
	if (first == FOUR_BYTES('d', 'e', 'l', 'e') && second >> 8 == FOUR_BYTES(0, 't', 'e', ' '))
		return byte_is_visible(bytes[7]) && !byte_is_digit(bytes[7]);
	if (first == FOUR_BYTES('s', 't', 'a', 't'))
		return bytes[4] == 's' && (bytes[5] == ' ' || bytes[5] == '\r');
	if (first == FOUR_BYTES('v', 'e', 'r', 's'))
		return second == FOUR_BYTES('i', 'o', 'n', '\r');
	if (first == FOUR_BYTES('m', 'n', '\r', '\n'))
		return 1;
	/* Meta commands: mg, ms, md, ma. */
	return bytes[0] == 'm' && bytes[2] == ' ' && byte_is_visible(bytes[3]) &&
	       (bytes[1] == 'g' || bytes[1] == 's' || bytes[1] == 'd' || bytes[1] == 'a');
}

/* Behind `set ` and its kin: a key, then numbers. A key that is longer than what is captured
 * is believed. */
RECOGNISER int memcached_stores(const __u8 *bytes)
{
	__u32 first = four_bytes(bytes), second = four_bytes(bytes + 4);
	int is_short = first == FOUR_BYTES('s', 'e', 't', ' ') ||
		       first == FOUR_BYTES('a', 'd', 'd', ' ') ||
		       first == FOUR_BYTES('c', 'a', 's', ' ');

	if (!is_short &&
	    !(first == FOUR_BYTES('r', 'e', 'p', 'l') && second == FOUR_BYTES('a', 'c', 'e', ' ')) &&
	    !(first == FOUR_BYTES('p', 'r', 'e', 'p') && second == FOUR_BYTES('e', 'n', 'd', ' ')) &&
	    !(first == FOUR_BYTES('a', 'p', 'p', 'e') && second >> 8 == FOUR_BYTES(0, 'n', 'd', ' ')))
		return 0;
	if (!byte_is_visible(bytes[4]))
		return 0;
	RECOGNITION_FORGET;
	RECOGNITION_UNROLL
	for (int i = 5; i < RECOGNITION_BYTES - 1; i++) {
		if (bytes[i] == '\r')
			return 0;
		if (bytes[i] == ' ' && (is_short || i > 7)) /* not the one before the key */
			return byte_is_digit(bytes[i + 1]);
	}
	return bytes[RECOGNITION_BYTES - 1] != 0;
}

/* The binary protocol: magic, opcode, sizes of key, extras and body that fit each other. */
RECOGNISER int memcached_binary(const __u8 *bytes, __u32 length)
{
	__u32 key = (__u32)bytes[2] << 8 | bytes[3], body = four_bytes(bytes + 8);

	if (bytes[0] != 0x80 || bytes[1] > 0x22 || bytes[5] || length < 24 || key > 250)
		return 0;
	if (key + bytes[4] > body || body > length - 24)
		return 0;
	return body || length == 24 || bytes[24] == 0x80;
}

RECOGNISER struct recognition recognise_memcached(const __u8 *bytes, __u32 length,
						  const __u8 *last)
{
	int line_ends = last[6] == '\r' && last[7] == '\n';

	if ((line_ends && memcached_line(bytes)) || memcached_stores(bytes) ||
	    memcached_binary(bytes, length))
		return recognised(PROTOCOL_MEMCACHED, 1);
	return recognised(PROTOCOL_UNKNOWN, 0);
}

/* A record of handshake type with the first message of either side in it. */
RECOGNISER struct recognition recognise_tls(const __u8 *bytes, __u32 captured)
{
	__u32 size = (__u32)bytes[3] << 8 | bytes[4];

	if (captured < 6 || bytes[0] != 0x16 || bytes[1] != 3 || bytes[2] > 4 || size < 4 ||
	    size > 16384 + 256 || bytes[6])
		return recognised(PROTOCOL_UNKNOWN, 0);
	if (captured > 9 && bytes[9] != 3) /* its version */
		return recognised(PROTOCOL_UNKNOWN, 0);
	if (bytes[5] == 1 || bytes[5] == 2)
		return recognised(PROTOCOL_TLS, bytes[5] == 1);
	return recognised(PROTOCOL_UNKNOWN, 0);
}

#endif
