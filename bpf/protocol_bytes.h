/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What recognition is made of. The verifier wants every offset to be a constant, so all is
 * inlined and loops are unrolled; no array and no string is needed beside the bytes.
 */
#ifndef CULPRIT_BPF_PROTOCOL_BYTES_H
#define CULPRIT_BPF_PROTOCOL_BYTES_H

#define RECOGNISER static inline __attribute__((always_inline))

#ifdef __clang__
#define RECOGNITION_UNROLL _Pragma("clang loop unroll(full)")
#else
#define RECOGNITION_UNROLL
#endif

/* Between two protocols: bytes are loaded again, so that the verifier need not remember for
 * the second all that it learned of them for the first. */
#ifdef __bpf__
#define RECOGNITION_FORGET __asm__ volatile("" ::: "memory")
#else
#define RECOGNITION_FORGET ((void)0)
#endif

/* Four bytes as the number that four_bytes() reads from them. */
#define FOUR_BYTES(a, b, c, d) \
	((__u32)(a) << 24 | (__u32)(b) << 16 | (__u32)(c) << 8 | (__u32)(d))

RECOGNISER struct recognition recognised(__u8 protocol, __u8 from_client)
{
	struct recognition found;

	found.protocol = protocol;
	found.from_client = from_client;
	return found;
}

RECOGNISER __u32 four_bytes(const __u8 *bytes)
{
	return FOUR_BYTES(bytes[0], bytes[1], bytes[2], bytes[3]);
}

RECOGNISER int byte_is_digit(__u8 byte)
{
	return byte >= '0' && byte <= '9';
}

RECOGNISER int byte_is_letter(__u8 byte)
{
	return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

/* ASCII, no control character and no blank. */
RECOGNISER int byte_is_visible(__u8 byte)
{
	return byte > ' ' && byte < 0x7f;
}

RECOGNISER int byte_is_text(__u8 byte)
{
	return (byte >= ' ' && byte < 0x7f) || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Text begins here: four bytes of it, or fewer and zeros (its end, or not captured). */
RECOGNISER int bytes_start_text(const __u8 *bytes)
{
	return byte_is_text(bytes[0]) && (!bytes[1] || byte_is_text(bytes[1])) &&
	       (!bytes[2] || byte_is_text(bytes[2])) && (!bytes[3] || byte_is_text(bytes[3]));
}

#endif
