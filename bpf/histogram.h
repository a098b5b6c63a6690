/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A log-linear histogram of durations: 16 buckets to each power of two from 1 us
 * to 137 s, so a bucket's middle is within 3.2 % of any value in it. Both sides
 * compute with the same functions.
 */
#ifndef CULPRIT_BPF_HISTOGRAM_H
#define CULPRIT_BPF_HISTOGRAM_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define HISTOGRAM_SUB_BITS 4
#define HISTOGRAM_MIN_BITS 10
#define HISTOGRAM_MAX_BITS 37
#define HISTOGRAM_BUCKETS \
	(((HISTOGRAM_MAX_BITS - HISTOGRAM_MIN_BITS) << HISTOGRAM_SUB_BITS) + 1)

struct histogram {
	__u64 count;
	__u64 sum_ns;
	__u64 buckets[HISTOGRAM_BUCKETS]; /* [0]: below 1.024 us */
};

/* Position of the highest bit set; 0 for 0 and 1. */
static inline __attribute__((always_inline)) __u32 highest_bit(__u64 value)
{
	__u32 bit = 0, step;

	step = (value > 0xffffffffULL) << 5;
	value >>= step;
	bit |= step;
	step = (value > 0xffff) << 4;
	value >>= step;
	bit |= step;
	step = (value > 0xff) << 3;
	value >>= step;
	bit |= step;
	step = (value > 0xf) << 2;
	value >>= step;
	bit |= step;
	step = (value > 0x3) << 1;
	value >>= step;
	bit |= step;
	return bit | (__u32)(value >> 1);
}

/* Bucket for a duration in ns; always below HISTOGRAM_BUCKETS. */
static inline __attribute__((always_inline)) __u32 histogram_bucket(__u64 ns)
{
	__u32 bit, index;

	if (ns < (1ULL << HISTOGRAM_MIN_BITS))
		return 0;
	bit = highest_bit(ns);
	index = ((bit - HISTOGRAM_MIN_BITS) << HISTOGRAM_SUB_BITS) + 1 +
		(__u32)((ns >> (bit - HISTOGRAM_SUB_BITS)) & ((1 << HISTOGRAM_SUB_BITS) - 1));
	return index < HISTOGRAM_BUCKETS ? index : HISTOGRAM_BUCKETS - 1;
}

/* Lowest duration in ns that falls into a bucket. */
static inline __u64 histogram_bucket_floor(__u32 bucket)
{
	__u32 bit, sub;

	if (bucket == 0)
		return 0;
	bit = HISTOGRAM_MIN_BITS + ((bucket - 1) >> HISTOGRAM_SUB_BITS);
	sub = (bucket - 1) & ((1 << HISTOGRAM_SUB_BITS) - 1);
	return (1ULL << bit) + ((__u64)sub << (bit - HISTOGRAM_SUB_BITS));
}

#endif
