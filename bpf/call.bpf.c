// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections and the calls that go over them, on TCP and Unix stream sockets.
 *
 * sock_send_length and sock_recv_length (kernel >= 6.3) come after every send and receive,
 * whatever the system call; before that fexit on the protocols' functions does the same
 * (the load plan chooses). All state is in the socket's own storage.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "connection.bpf.h"
#include "exchange.bpf.h"
#include "lookup.bpf.h"
#include "traffic.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Small, for every stream socket that was used. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct connection);
} connections SEC(".maps");

/* For those that are watched. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct exchange);
} exchange_buffers SEC(".maps");

static __always_inline struct connection *find_connection(struct sock *socket)
{
	return bpf_sk_storage_get(&connections, socket, 0, 0);
}

static __always_inline struct connection *make_connection(struct sock *socket)
{
	return bpf_sk_storage_get(&connections, socket, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline struct exchange *find_exchange(struct sock *socket)
{
	return bpf_sk_storage_get(&exchange_buffers, socket, 0, 0);
}

static __always_inline struct exchange *make_exchange(struct sock *socket)
{
	return bpf_sk_storage_get(&exchange_buffers, socket, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline struct sock *peer_of(struct sock *socket)
{
	struct unix_sock *own = bpf_skc_to_unix_sock(socket);

	return own ? own->peer : NULL;
}

/* Cleared by user space before it has the buffers flushed: 1 if there is a connection of which
 * only arrivals tell when what was sent came. */
__u32 arrivals_wanted = 0;

/* Set by user space while the bytes of processes are wanted, see network.bpf.c. */
__u32 traffic_counted = 0;

static __always_inline void note_traffic(struct sock *socket, struct task_struct *task,
					 struct connection *connection, long result, bool sent)
{
	if (!traffic_counted || !is_internet(socket))
		return;
	count_bytes(socket, task, result, sent, connection ? &connection->user_pid : NULL);
	on_lookup(socket, result, sent);
}

#include "call_core.bpf.h"

SEC("tp_btf/sock_send_length")
int BPF_PROG(call_send, struct sock *socket, int result, int flags)
{
	return on_data(socket, result, true);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(call_receive, struct sock *socket, int result, int flags)
{
	return flags & MSG_PEEK ? 0 : on_data(socket, result, false);
}

/* Before 6.3. The first parameter of the functions of Unix sockets is a struct socket. */
SEC("fexit/tcp_sendmsg")
int BPF_PROG(call_tcp_sendmsg, struct sock *socket)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return on_data(socket, (int)result, true);
}

SEC("fexit/tcp_recvmsg")
int BPF_PROG(call_tcp_recvmsg, struct sock *socket, void *message, size_t size, int flags)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return flags & MSG_PEEK ? 0 : on_data(socket, (int)result, false);
}

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(call_unix_sendmsg, struct socket *holder)
{
	struct sock *socket = holder->sk;
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return socket ? on_data(socket, (int)result, true) : 0;
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(call_unix_recvmsg, struct socket *holder, void *message, size_t size, int flags)
{
	struct sock *socket = holder->sk;
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return socket && !(flags & MSG_PEEK) ? on_data(socket, (int)result, false) : 0;
}

/* What sendfile sends, before 6.5. */
SEC("fexit/tcp_sendpage")
int BPF_PROG(call_tcp_sendpage, struct sock *socket)
{
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return on_data(socket, (int)result, true);
}

SEC("fexit/unix_stream_sendpage")
int BPF_PROG(call_unix_sendpage, struct socket *holder)
{
	struct sock *socket = holder->sk;
	__u64 result = 0;

	bpf_get_func_ret(ctx, &result);
	return socket ? on_data(socket, (int)result, true) : 0;
}

SEC("fentry/sock_def_readable")
int BPF_PROG(call_readable, struct sock *socket)
{
	return on_arrival(socket);
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(call_arrival, struct sock *socket)
{
	return on_arrival(socket);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(call_state, struct sock *socket, int old, int new)
{
	return socket->sk_protocol == IPPROTO_TCP ? on_state(socket, old, new) : 0;
}

/* Once, at the start: the connections that are open already, and who holds them. */
SEC("iter/task_file")
int list_connections(struct bpf_iter__task_file *ctx)
{
	return list_file(ctx->task, ctx->file);
}

/* Once an interval: what is in the buffers goes out, and who is still there is told. */
SEC("iter/bpf_sk_storage_map")
int flush_exchanges(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *socket = ctx->sk;
	struct connection *connection;

	if (!socket)
		return 0;
	connection = find_connection(socket);
	if (!connection)
		return 0;
	flush_connection(socket, connection);
	if (connection->state == CONNECTION_WATCHED && !connection->answered)
		arrivals_wanted = 1;
	bpf_seq_write(ctx->meta->seq, &connection->id, sizeof(connection->id));
	return 0;
}
