// SPDX-License-Identifier: MIT
//
// Peer: TCP echo on libuv. All connections read into one buffer; what a socket does not take at
// once is copied, and its reading stops until it is gone.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct rest {
  uv_write_t request;
  char bytes[];
};

static char buffer[64 * 1024];

static void check(int result, const char* what) {
  if (result >= 0) return;
  fprintf(stderr, "libuv: %s: %s\n", what, uv_strerror(result));
  exit(1);
}

static void release(uv_handle_t* handle) { free(handle); }

static void drop(uv_stream_t* stream) {
  if (!uv_is_closing((uv_handle_t*)stream)) uv_close((uv_handle_t*)stream, release);
}

static void lend(uv_handle_t* handle, size_t suggested, uv_buf_t* lent) {
  (void)handle;
  (void)suggested;
  *lent = uv_buf_init(buffer, sizeof buffer);
}

static void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* bytes);

static void rest_sent(uv_write_t* request, int result) {
  uv_stream_t* stream = request->handle;
  free(request->data);
  if (result < 0) {
    drop(stream);
  } else {
    uv_read_start(stream, lend, received);
  }
}

static void received(uv_stream_t* stream, ssize_t size, const uv_buf_t* bytes) {
  if (size == 0) return;
  if (size < 0) {
    drop(stream);
    return;
  }
  uv_buf_t answer = uv_buf_init(bytes->base, (unsigned)size);
  int sent = uv_try_write(stream, &answer, 1);
  if (sent == size) return;
  if (sent < 0 && sent != UV_EAGAIN) {
    drop(stream);
    return;
  }
  size_t taken = sent > 0 ? (size_t)sent : 0;
  size_t left = (size_t)size - taken;
  struct rest* rest = malloc(sizeof *rest + left);
  if (rest == NULL) abort();
  memcpy(rest->bytes, bytes->base + taken, left);
  rest->request.data = rest;
  answer = uv_buf_init(rest->bytes, (unsigned)left);
  uv_read_stop(stream);
  check(uv_write(&rest->request, stream, &answer, 1, rest_sent), "write");
}

static void connected(uv_stream_t* listener, int result) {
  check(result, "listen");
  uv_tcp_t* connection = malloc(sizeof *connection);
  if (connection == NULL) abort();
  check(uv_tcp_init(listener->loop, connection), "init");
  if (uv_accept(listener, (uv_stream_t*)connection) != 0) {
    drop((uv_stream_t*)connection);
    return;
  }
  // libuv sets no option by itself; neither do the other servers.
  check(uv_read_start((uv_stream_t*)connection, lend, received), "read");
}

int main(int argc, char** argv) {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  struct sockaddr_in address;
  int size = sizeof address;
  check(uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &address), "address");
  check(uv_tcp_init(loop, &listener), "init");
  check(uv_tcp_bind(&listener, (const struct sockaddr*)&address, 0), "bind");
  check(uv_listen((uv_stream_t*)&listener, 4096, connected), "listen");
  check(uv_tcp_getsockname(&listener, (struct sockaddr*)&address, &size), "getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
