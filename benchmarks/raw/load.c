// SPDX-License-Identifier: MIT
//
// The raw load: echo requests from one thread, in a closed loop or when a schedule says. It
// connects once and then measures one window after another over the same connections. A window ends
// when the last reply is in, so that between two windows the server has nothing to do.
//
// The load has to be cheaper than any server, or it is the load that gets measured: a server that
// waits for it just spins in smaller batches, and all servers look alike. So it is on io_uring with
// all sends of a turn in one enter, and it sleeps until a quarter of the busy connections have
// answered, which also keeps the cost of waking it out of the server's account. A window that is to
// tell latencies wakes for every reply instead, and is not for telling what the server costs.

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "load_options.h"
#include "pattern.h"
#include "pool.h"
#include "ring.h"

static const uint64_t kSilence = 5000000000;  // ns

enum {
  kPoolBuffers = 1024,
  kSmallestBuffer = 256,
  kLargestBuffer = 16 * 1024,
};

enum operation { kReceive, kSend };

// Positions in the connection's byte stream: received <= sent <= owed.
struct connection {
  int fd;
  bool sending;
  uint64_t issued;    // requests of this window
  uint64_t answered;  // of them
  uint64_t start;     // where its stream enters the pattern
  uint64_t owed;      // bytes of the messages issued so far
  uint64_t sent;
  uint64_t received;
};

enum pace {
  kBusy,     // a reply lets the next request go; the load sleeps until many have come
  kClosed,   // the same, but each reply wakes the load and its latency counts
  kSpread,   // requests are due at equal distances, dealt to the connections in turn
  kInBursts  // requests of all connections are due at the same moments
};

struct window {
  enum pace pace;
  double interval;  // ns between two due times
  uint64_t begin;   // ns
  uint64_t may_issue;
  uint64_t issued;
  uint64_t completed;
  unsigned busy;  // connections with a reply outstanding
};

static struct load_options options;
static struct connection* connections;
static uint64_t* starts;  // closed loop: of the requests in flight, `depth` per connection
static struct window window;
static struct histogram latencies;
static struct io_uring ring;
static struct pool pool;

static _Noreturn void fail(const char* what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static _Noreturn void fail_errno(const char* what, int error) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(error));
  exit(1);
}

static double read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool paced(void) { return window.pace >= kSpread; }

// When the window's request `number`, counted over all connections, is due.
static uint64_t due(uint64_t number) {
  uint64_t moment = window.pace == kInBursts ? number / (uint64_t)options.connections : number;
  return window.begin + (uint64_t)((double)moment * window.interval);
}

// From when the latency of a connection's request counts: from when it was due or could go.
static uint64_t* start_slot(const struct connection* connection, uint64_t request) {
  return &starts[(uint64_t)(connection - connections) * options.depth + request % options.depth];
}

static uint64_t start_of(const struct connection* connection, uint64_t request) {
  if (!paced()) return *start_slot(connection, request);
  return due(request * (uint64_t)options.connections + (uint64_t)(connection - connections));
}

static void record_answers(struct connection* connection, uint64_t replies, uint64_t now) {
  for (; replies > 0; replies--) {
    uint64_t start = start_of(connection, connection->answered++);
    record(&latencies, now > start ? now - start : 0);
  }
}

static __u64 tag(const struct connection* connection, enum operation operation) {
  return (__u64)(connection - connections) << 1 | operation;
}

static int new_socket(void) {
  int fd = socket(AF_INET, (options.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  int one = 1;
  if (fd < 0) fail_errno("socket", errno);
  if (!options.udp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

// Blocking: on loopback it returns with the handshake done, without a sleep.
static void connect_socket(int fd) {
  if (connect(fd, (const struct sockaddr*)&options.server, sizeof options.server) != 0) {
    fail_errno("connect", errno);
  }
}

// Ends the connection with a reset and leaves a fresh socket. A regular close would leave a port in
// TIME_WAIT for every request.
static void disconnect_socket(int fd) {
  const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  if (connect(fd, &nobody, sizeof nobody) != 0) fail_errno("disconnect", errno);
}

// Under churn the receive must end with its message, before the socket is used anew.
static void arm_receive(struct connection* connection) {
  struct io_uring_sqe* entry = next_entry(&ring);
  if (options.churn) {
    io_uring_prep_recv(entry, connection->fd, NULL, 0, 0);
    entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
  } else {
    io_uring_prep_recv_multishot(entry, connection->fd, NULL, 0, 0);
  }
  select_from_pool(entry);
  io_uring_sqe_set_data64(entry, tag(connection, kReceive));
}

static void open_all(void) {
  for (int i = 0; i < options.idle; i++) connect_socket(new_socket());
  for (int i = 0; i < options.connections; i++) {
    connections[i].fd = new_socket();
    connections[i].start = (uint64_t)i * 37;
    if (options.churn) continue;
    connect_socket(connections[i].fd);
    arm_receive(&connections[i]);
  }
}

static void send_owed(struct connection* connection) {
  uint64_t size = connection->owed - connection->sent;
  if (size == 0 || connection->sending) return;
  if (size > kPatternRun) size = kPatternRun;
  struct io_uring_sqe* entry = next_entry(&ring);
  io_uring_prep_send(entry, connection->fd, pattern_at(connection->start + connection->sent), size,
                     MSG_WAITALL | MSG_NOSIGNAL);
  io_uring_sqe_set_data64(entry, tag(connection, kSend));
  connection->sending = true;
}

static void issue(struct connection* connection, uint64_t count) {
  if (count > window.may_issue) count = window.may_issue;
  if (count == 0) return;
  if (window.pace == kClosed) {
    uint64_t now = nanoseconds();
    for (uint64_t i = 0; i < count; i++) *start_slot(connection, connection->issued + i) = now;
  }
  if (options.churn) {
    connect_socket(connection->fd);
    arm_receive(connection);
  }
  if (connection->owed == connection->received) window.busy++;
  connection->issued += count;
  window.may_issue -= count;
  window.issued += count;
  connection->owed += count * options.size;
  send_owed(connection);
}

static void sent(struct connection* connection, int result) {
  if (result <= 0) fail_errno("send", -result);
  connection->sending = false;
  connection->sent += (uint64_t)result;
  send_owed(connection);
}

static void check_reply(struct connection* connection, const char* bytes, size_t size) {
  // A send completes before its reply, but their completions may be read the other way round:
  // `owed` is what bounds the reply.
  if (connection->received + size > connection->owed) fail("more bytes came back than were sent");
  if (!matches_pattern(connection->start + connection->received, bytes, size)) {
    fail("other bytes came back than were sent");
  }
}

static void received(struct connection* connection, const struct io_uring_cqe* completion,
                     uint64_t now) {
  if (completion->res == 0) fail("the server closed a connection");
  if (completion->res < 0 && completion->res != -ENOBUFS) {
    fail_errno("receive", -completion->res);
  }
  uint64_t before = connection->received;
  if (completion->res > 0) {
    unsigned index = completion->flags >> IORING_CQE_BUFFER_SHIFT;
    check_reply(connection, pool_buffer(&pool, index), (size_t)completion->res);
    return_to_pool(&pool, index);
    connection->received += (uint64_t)completion->res;
  }
  uint64_t replies = connection->received / options.size - before / options.size;
  window.completed += replies;
  if (window.pace != kBusy) record_answers(connection, replies, now);
  if (replies > 0 && connection->received == connection->owed) window.busy--;
  if (options.churn && replies > 0) {
    disconnect_socket(connection->fd);
  } else if (!(completion->flags & IORING_CQE_F_MORE)) {
    arm_receive(connection);
  }
  if (!paced()) issue(connection, replies);
}

static void complete(const struct io_uring_cqe* completion, uint64_t now) {
  struct connection* connection = &connections[completion->user_data >> 1];
  if (completion->user_data & kSend) {
    sent(connection, completion->res);
  } else {
    received(connection, completion, now);
  }
}

// Waits for completions, but not beyond `limit` (ns from now), and handles what there is. Returns
// how many.
static unsigned turn(unsigned wanted, uint64_t limit) {
  struct __kernel_timespec timeout = {.tv_sec = (long long)(limit / 1000000000),
                                      .tv_nsec = (long long)(limit % 1000000000)};
  struct io_uring_cqe* completion;
  unsigned count = 0;
  unsigned head;
  io_uring_submit_and_wait_timeout(&ring, &completion, wanted, &timeout, NULL);
  uint64_t now = window.pace == kBusy ? 0 : nanoseconds();
  io_uring_for_each_cqe(&ring, head, completion) {
    complete(completion, now);
    count++;
  }
  io_uring_cq_advance(&ring, count);
  publish_pool(&pool);
  return count;
}

// Runs until `seconds` are over or all that may be issued is, then until all replies are in. Every
// busy connection completes a receive before long, so waiting for some of them cannot hang.
static void run_closed(double seconds) {
  for (int i = 0; i < options.connections; i++) issue(&connections[i], options.depth);
  while (window.completed < window.issued) {
    unsigned wanted = window.pace == kBusy ? 1 + window.busy / 4 : 1;
    if (turn(wanted, kSilence) == 0) fail("no reply within 5 s");
    if (window.may_issue > 0 && (double)(nanoseconds() - window.begin) >= seconds * 1e9) {
      window.may_issue = 0;
    }
  }
}

// Issues what is due, whatever is unanswered, until `seconds` are over; then awaits the replies.
static void run_paced(double seconds) {
  uint64_t end = window.begin + (uint64_t)(seconds * 1e9);
  uint64_t last_reply = window.begin;
  while (due(window.issued) < end || window.completed < window.issued) {
    uint64_t now = nanoseconds();
    while (due(window.issued) <= now && due(window.issued) < end) {
      issue(&connections[window.issued % (uint64_t)options.connections], 1);
    }
    if (due(window.issued) >= end && window.completed == window.issued) break;
    uint64_t next = due(window.issued) < end ? due(window.issued) : now + kSilence;
    if (turn(1, next > now ? next - now : 0) > 0 || window.completed == window.issued) {
      last_reply = nanoseconds();
    } else if (now - last_reply > kSilence) {
      fail("no reply within 5 s");
    }
  }
}

// `interval` is in ns.
static void run_window(enum pace pace, double seconds, uint64_t requests, double interval) {
  double cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  window = (struct window){
      .pace = pace, .interval = interval, .begin = nanoseconds(), .may_issue = requests};
  for (int i = 0; i < options.connections; i++) connections[i].issued = connections[i].answered = 0;
  if (pace == kClosed && starts == NULL) {
    starts = calloc((size_t)options.connections * options.depth, sizeof *starts);
    if (starts == NULL) fail("out of memory");
  }
  if (paced()) {
    run_paced(seconds);
  } else {
    run_closed(seconds);
  }
  double elapsed = (double)(nanoseconds() - window.begin) * 1e-9;
  cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  printf("requests=%" PRIu64 " seconds=%.6f rate=%.0f cpu=%.6f\n", window.completed, elapsed,
         (double)window.completed / elapsed, cpu);
  fflush(stdout);
}

// Those of all windows since the last time.
static void print_latencies(void) {
  printf("latencies=%" PRIu64 " p50=%" PRIu64 " p90=%" PRIu64 " p99=%" PRIu64 " p999=%" PRIu64
         " max=%" PRIu64 "\n",
         latencies.count, percentile(&latencies, 50), percentile(&latencies, 90),
         percentile(&latencies, 99), percentile(&latencies, 99.9), latencies.longest);
  fflush(stdout);
  memset(&latencies, 0, sizeof latencies);
}

static void obey_commands(void) {
  char line[128];
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    double seconds = 0;
    double rate = 0;
    uint64_t requests = 0;
    if (sscanf(line, "go %lf", &seconds) == 1 && seconds > 0) {
      run_window(kBusy, seconds, UINT64_MAX, 0);
    } else if (sscanf(line, "requests %" SCNu64, &requests) == 1 && requests > 0) {
      run_window(kBusy, 1e9, requests, 0);
    } else if (sscanf(line, "closed %lf", &seconds) == 1 && seconds > 0) {
      run_window(kClosed, seconds, UINT64_MAX, 0);
    } else if (options.churn && strncmp(line, "latencies", 9) != 0) {
      fail("with --churn requests cannot be due at a time");
    } else if (sscanf(line, "rate %lf %lf", &rate, &seconds) == 2 && rate > 0 && seconds > 0) {
      run_window(kSpread, seconds, UINT64_MAX, 1e9 / rate);
    } else if (sscanf(line, "bursts %lf %lf", &rate, &seconds) == 2 && rate > 0 && seconds > 0) {
      run_window(kInBursts, seconds, UINT64_MAX, 1e9 / rate);
    } else if (strcmp(line, "latencies\n") == 0) {
      print_latencies();
    } else {
      fail("no such command (see --help)");
    }
  }
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// As small as the replies allow: the pool is used in turn, so all of it passes through the cache.
static unsigned buffer_bytes(void) {
  uint64_t replies = options.size * options.depth;
  if (replies < kSmallestBuffer) return kSmallestBuffer;
  return replies > kLargestBuffer ? kLargestBuffer : (unsigned)replies;
}

int main(int argc, char** argv) {
  options = parse_load_options(argc, argv);
  raise_descriptor_limit();
  prctl(PR_SET_TIMERSLACK, 1);  // a wait may end 50 us late by default
  fill_pattern();
  connections = calloc((size_t)options.connections, sizeof *connections);
  if (connections == NULL) fail("out of memory");
  open_ring(&ring);
  open_pool(&pool, &ring, kPoolBuffers, buffer_bytes());
  open_all();
  if (options.control) {
    obey_commands();
  } else if (options.requests > 0) {
    run_window(kBusy, 1e9, options.requests, 0);
  } else {
    run_window(kBusy, options.seconds, UINT64_MAX, 0);
  }
  return 0;
}
