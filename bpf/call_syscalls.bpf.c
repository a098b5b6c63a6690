// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What call.bpf.c does, on a kernel that has neither the tracepoints of sockets nor fexit:
 * from the end of every system call, which is dearer, and without arrivals. A descriptor
 * leads to the socket's address only, so that its state is in a hash, and the socket's
 * inode number tells whether the address still is that of the same socket.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "connection.bpf.h"
#include "exchange.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MESSAGES_MAX 16
#define S_IFMT 0170000
#define S_IFSOCK 0140000

struct socket_key {
	__u64 address;
	__u64 inode;
};

/* LRU: the end of a socket that is not TCP cannot be seen. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct socket_key);
	__type(value, struct connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct socket_key);
	__type(value, struct exchange);
} exchange_buffers SEC(".maps");

static const struct connection no_connection = {};
static const struct exchange no_exchange = {};

static __always_inline struct socket_key key_of(struct sock *socket)
{
	struct socket_key key = { .address = (__u64)socket };
	struct file *file = BPF_CORE_READ(socket, sk_socket, file);

	key.inode = BPF_CORE_READ(file, f_inode, i_ino);
	return key;
}

static __always_inline struct connection *find_connection(struct sock *socket)
{
	struct socket_key key = key_of(socket);

	return bpf_map_lookup_elem(&connections, &key);
}

static __always_inline struct connection *make_connection(struct sock *socket)
{
	struct socket_key key = key_of(socket);

	bpf_map_update_elem(&connections, &key, &no_connection, BPF_NOEXIST);
	return bpf_map_lookup_elem(&connections, &key);
}

static __always_inline struct exchange *find_exchange(struct sock *socket)
{
	struct socket_key key = key_of(socket);

	return bpf_map_lookup_elem(&exchange_buffers, &key);
}

static __always_inline struct exchange *make_exchange(struct sock *socket)
{
	struct socket_key key = key_of(socket);

	bpf_map_update_elem(&exchange_buffers, &key, &no_exchange, BPF_NOEXIST);
	return bpf_map_lookup_elem(&exchange_buffers, &key);
}

static __always_inline struct sock *peer_of(struct sock *socket)
{
	return (struct sock *)unix_peer(socket);
}

/* Network's own programs count the bytes. */
static __always_inline void note_traffic(struct sock *socket, struct task_struct *task,
					 struct connection *connection, long result, bool sent)
{
}

#include "call_core.bpf.h"

static __always_inline struct sock *socket_of(__u32 descriptor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file = NULL;
	struct socket *holder;

	if (descriptor >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), files + descriptor) || !file)
		return NULL;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return NULL;
	holder = BPF_CORE_READ(file, private_data);
	return holder ? BPF_CORE_READ(holder, sk) : NULL;
}

enum direction { NEITHER = 0, SENDS = 1, RECEIVES = 2, SENDS_MANY = 3, RECEIVES_MANY = 4 };

static __always_inline enum direction direction_of(long number)
{
	switch (number) {
	case BY_ARCH(1, 64):   /* write */
	case BY_ARCH(20, 66):  /* writev */
	case BY_ARCH(44, 206): /* sendto */
	case BY_ARCH(46, 211): /* sendmsg */
	case BY_ARCH(40, 71):  /* sendfile */
		return SENDS;
	case BY_ARCH(0, 63):   /* read */
	case BY_ARCH(19, 65):  /* readv */
	case BY_ARCH(45, 207): /* recvfrom */
	case BY_ARCH(47, 212): /* recvmsg */
		return RECEIVES;
	case BY_ARCH(307, 269): /* sendmmsg */
		return SENDS_MANY;
	case BY_ARCH(299, 243): /* recvmmsg */
		return RECEIVES_MANY;
	default:
		return NEITHER;
	}
}

static __always_inline bool only_peeks(long number, struct pt_regs *regs)
{
	switch (number) {
	case BY_ARCH(45, 207): /* recvfrom */
		return PT_REGS_PARM4_CORE_SYSCALL(regs) & MSG_PEEK;
	case BY_ARCH(47, 212): /* recvmsg */
		return PT_REGS_PARM3_CORE(regs) & MSG_PEEK;
	default:
		return false;
	}
}

/* Its stack is used once, however it was called. */
static __noinline int on_bytes(struct sock *socket, long length, bool sent)
{
	return on_data(socket, length, sent);
}

/* sendmmsg and recvmmsg: the length of each message is written beside it. */
static __always_inline int on_messages(struct sock *socket, long count, bool sent, struct pt_regs *regs)
{
	__u64 vector = PT_REGS_PARM2_CORE(regs);
	__u32 length, i;

	end_messages(regs); /* of an earlier call */
	for (i = 0; i < MESSAGES_MAX && i < count; i++) {
		__u64 at = vector + i * MESSAGE_VECTOR_STRIDE + sizeof(struct user_msghdr);

		if (bpf_probe_read_user(&length, sizeof(length), (void *)at))
			break;
		on_bytes(socket, length, sent);
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_sys_exit, struct pt_regs *regs, long result)
{
	long number;
	enum direction direction;
	struct sock *socket;

	if (result < 0)
		return 0;
	number = current_syscall(regs);
	direction = direction_of(number);
	if (direction == NEITHER || only_peeks(number, regs))
		return 0;
	socket = socket_of(PT_REGS_PARM1_CORE(regs));
	if (!socket)
		return 0;
	if (direction == SENDS_MANY || direction == RECEIVES_MANY)
		return on_messages(socket, result, direction == SENDS_MANY, regs);
	return on_bytes(socket, result, direction == SENDS);
}

/* Once, at the start; see list_connections() in call.bpf.c. */
SEC("iter/task_file")
int list_hashed_connections(struct bpf_iter__task_file *ctx)
{
	return list_file(ctx->task, ctx->file);
}

/* Once an interval; see flush_exchanges() in call.bpf.c. An element stays when its socket is
 * gone, because taking it away would lead the iterator astray; it is the first to give way. */
SEC("iter/bpf_map_elem")
int flush_hashed_exchanges(struct bpf_iter__bpf_map_elem *ctx)
{
	struct exchange *seen = ctx->value, *exchange;
	struct socket_key *place = ctx->key, key;
	struct connection *connection;
	struct sock *socket;

	if (!place || !seen || !seen->record.connection)
		return 0;
	key = *place;
	socket = (struct sock *)key.address;
	if (key_of(socket).inode == key.inode) {
		connection = bpf_map_lookup_elem(&connections, &key);
		if (!connection)
			return 0;
		flush_connection(socket, connection);
		bpf_seq_write(ctx->meta->seq, &connection->id, sizeof(connection->id));
		return 0;
	}
	exchange = bpf_map_lookup_elem(&exchange_buffers, &key);
	if (!exchange)
		return 0;
	flush(exchange);
	exchange->record.connection = 0;
	bpf_map_delete_elem(&connections, &key);
	return 0;
}
