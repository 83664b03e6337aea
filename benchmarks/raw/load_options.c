// SPDX-License-Identifier: MIT
#include "load_options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char kHelp[] =
    "usage: load HOST:PORT [options] (--seconds S | --requests N | --control)\n"
    "Echo requests over TCP; checks that every byte comes back.\n"
    "  --connections N  connections that send (default 1)\n"
    "  --size BYTES     bytes per message (default 64)\n"
    "  --depth N        messages in flight per connection (default 1)\n"
    "  --churn          connect, send, receive, close for each message; N cycles in flight\n"
    "  --idle N         further connections that stay silent (default 0)\n"
    "  --udp            datagrams, at most 16 KiB; none may be lost\n"
    "  --seconds S      one window of S seconds\n"
    "  --requests N     one window of exactly N requests\n"
    "  --control        prints `ready` when connected, then reads commands from stdin until that\n"
    "                   ends; each runs one window of S seconds or N requests:\n"
    "                     go S, requests N  closed loop, sleeping until many replies are there\n"
    "                     closed S          closed loop, woken by each reply; tells latencies\n"
    "                     rate R S          R requests per second in all, sent when due; tells\n"
    "                                       latencies from when each was due\n"
    "                     bursts H S        each connection sends H times a second, all at the\n"
    "                                       same moments; latencies as with rate\n"
    "                   `latencies` prints those since the last time, in ns\n"
    "Each window prints: requests=N seconds=S rate=R cpu=S\n"
    "where cpu is the processor time of this process within the window.\n";

static _Noreturn void refuse(const char* what, const char* value) {
  fprintf(stderr, "load: %s '%s' (see --help)\n", what, value);
  exit(2);
}

static uint64_t parse_count(const char* text, uint64_t least, uint64_t most) {
  char* end = NULL;
  unsigned long long value = strtoull(text, &end, 10);
  if (end == text || *end != '\0' || *text == '-' || value < least || value > most) {
    refuse("bad number", text);
  }
  return value;
}

static double parse_seconds(const char* text) {
  char* end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value > 0 && value <= 3600)) refuse("bad seconds", text);
  return value;
}

static struct sockaddr_in parse_server(const char* text) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  char host[INET_ADDRSTRLEN] = "";
  const char* colon = strrchr(text, ':');
  if (colon == NULL || (size_t)(colon - text) >= sizeof host) refuse("bad address", text);
  memcpy(host, text, (size_t)(colon - text));
  address.sin_port = htons((uint16_t)parse_count(colon + 1, 1, 65535));
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) refuse("bad address", text);
  return address;
}

struct load_options parse_load_options(int argc, char** argv) {
  static const struct option kOptions[] = {{"connections", required_argument, NULL, 'n'},
                                           {"size", required_argument, NULL, 'b'},
                                           {"depth", required_argument, NULL, 'd'},
                                           {"churn", no_argument, NULL, 'c'},
                                           {"idle", required_argument, NULL, 'i'},
                                           {"udp", no_argument, NULL, 'u'},
                                           {"seconds", required_argument, NULL, 's'},
                                           {"requests", required_argument, NULL, 'r'},
                                           {"control", no_argument, NULL, 'k'},
                                           {"help", no_argument, NULL, 'h'},
                                           {NULL, 0, NULL, 0}};
  struct load_options options = {.connections = 1, .size = 64, .depth = 1};
  int choice;
  while ((choice = getopt_long(argc, argv, "", kOptions, NULL)) != -1) {
    switch (choice) {
      case 'n':
        options.connections = (int)parse_count(optarg, 1, 60000);
        break;
      case 'b':
        options.size = parse_count(optarg, 1, 1 << 30);
        break;
      case 'd':
        options.depth = parse_count(optarg, 1, 1 << 20);
        break;
      case 'c':
        options.churn = true;
        break;
      case 'i':
        options.idle = (int)parse_count(optarg, 0, 60000);
        break;
      case 'u':
        options.udp = true;
        break;
      case 's':
        options.seconds = parse_seconds(optarg);
        break;
      case 'r':
        options.requests = parse_count(optarg, 1, UINT64_MAX);
        break;
      case 'k':
        options.control = true;
        break;
      case 'h':
        fputs(kHelp, stdout);
        exit(0);
      default:
        exit(2);  // getopt has printed its line
    }
  }
  if (optind + 1 != argc)
    refuse("expected one HOST:PORT, got", optind < argc ? argv[argc - 1] : "");
  if ((options.seconds > 0) + (options.requests > 0) + options.control != 1) {
    refuse("expected one of --seconds, --requests and --control for", argv[optind]);
  }
  if (options.churn && options.depth != 1) refuse("--churn takes depth 1, not", "--depth");
  if (options.udp && (options.churn || options.size * options.depth > 16 * 1024)) {
    refuse("--udp takes neither --churn nor more than 16 KiB, for", argv[optind]);
  }
  options.server = parse_server(argv[optind]);
  return options;
}
