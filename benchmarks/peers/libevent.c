// SPDX-License-Identifier: MIT
//
// Peer: TCP echo on libevent's bufferevents, which is how its users write to sockets. A peer that
// does not read stops being read from.

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kMostWaiting = 1 << 20 };  // bytes that a peer has not read

static void received(struct bufferevent* connection, void* argument) {
  (void)argument;
  struct evbuffer* output = bufferevent_get_output(connection);
  bufferevent_write_buffer(connection, bufferevent_get_input(connection));
  if (evbuffer_get_length(output) > kMostWaiting) bufferevent_disable(connection, EV_READ);
}

static void drained(struct bufferevent* connection, void* argument) {
  (void)argument;
  bufferevent_enable(connection, EV_READ);
}

static void ended(struct bufferevent* connection, short what, void* argument) {
  (void)argument;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) bufferevent_free(connection);
}

static void connected(struct evconnlistener* listener, evutil_socket_t fd, struct sockaddr* peer,
                      int size, void* argument) {
  (void)peer;
  (void)size;
  (void)argument;
  struct event_base* base = evconnlistener_get_base(listener);
  struct bufferevent* connection = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
  if (connection == NULL) abort();
  bufferevent_setcb(connection, received, drained, ended, NULL);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

int main(int argc, char** argv) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  address.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  struct event_base* base = event_base_new();
  if (base == NULL) abort();
  struct evconnlistener* listener =
      evconnlistener_new_bind(base, connected, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
                              4096, (struct sockaddr*)&address, sizeof address);
  if (listener == NULL) {
    perror("libevent: cannot listen");
    return 1;
  }
  getsockname(evconnlistener_get_fd(listener), (struct sockaddr*)&address, &size);
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return event_base_dispatch(base);
}
