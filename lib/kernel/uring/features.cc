// SPDX-License-Identifier: MIT
#include "kernel/uring/features.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <liburing.h>

#include "absl/strings/str_cat.h"
#include "kernel/uring/ladder.h"
#include "kernel/uring/probe.h"
#include "kernel/uring/uapi.h"
#include "rondo/base/fd.h"

namespace rondo {
namespace {

constexpr unsigned kEntries = 4;

struct NamedBit {
  const char* name;
  unsigned bits;
};

// Each with the flags that the kernel wants to see beside it.
constexpr NamedBit kSetupFlags[] = {
    {"CQSIZE", IORING_SETUP_CQSIZE},
    {"CLAMP", IORING_SETUP_CLAMP},
    {"R_DISABLED", IORING_SETUP_R_DISABLED},
    {"SUBMIT_ALL", IORING_SETUP_SUBMIT_ALL},
    {"COOP_TASKRUN", IORING_SETUP_COOP_TASKRUN},
    {"TASKRUN_FLAG", IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_COOP_TASKRUN},
    {"SINGLE_ISSUER", IORING_SETUP_SINGLE_ISSUER},
    {"DEFER_TASKRUN", IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER},
    {"SQPOLL", IORING_SETUP_SQPOLL},
};

constexpr NamedBit kFeatureBits[] = {
    {"NODROP", IORING_FEAT_NODROP},
    {"SUBMIT_STABLE", IORING_FEAT_SUBMIT_STABLE},
    {"FAST_POLL", IORING_FEAT_FAST_POLL},
    {"EXT_ARG", IORING_FEAT_EXT_ARG},
    {"CQE_SKIP", IORING_FEAT_CQE_SKIP},
    {"RECVSEND_BUNDLE", uapi::kFeatureBundle},
    {"MIN_TIMEOUT", uapi::kFeatureMinTimeout},
    {"NO_IOWAIT", uapi::kFeatureNoIowait},
};

constexpr NamedBit kOpcodes[] = {
    {"ACCEPT", IORING_OP_ACCEPT},     {"ASYNC_CANCEL", IORING_OP_ASYNC_CANCEL},
    {"CONNECT", IORING_OP_CONNECT},   {"MSG_RING", IORING_OP_MSG_RING},
    {"POLL_ADD", IORING_OP_POLL_ADD}, {"RECV", IORING_OP_RECV},
    {"RECVMSG", IORING_OP_RECVMSG},   {"SEND", IORING_OP_SEND},
    {"SENDMSG", IORING_OP_SENDMSG},   {"SENDMSG_ZC", IORING_OP_SENDMSG_ZC},
    {"SEND_ZC", IORING_OP_SEND_ZC},   {"SHUTDOWN", IORING_OP_SHUTDOWN},
    {"SOCKET", IORING_OP_SOCKET},     {"TIMEOUT", IORING_OP_TIMEOUT},
};

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

std::string errno_name(int error) {
  const char* name = ::strerrorname_np(error);
  return name == nullptr ? absl::StrCat("errno ", error) : name;
}

// A ring with these flags, or -errno.
int open_ring(unsigned flags, io_uring_params& params) noexcept {
  params = {};
  params.flags = flags;
  if ((flags & IORING_SETUP_CQSIZE) != 0) params.cq_entries = 2 * kEntries;
  const long fd = ::syscall(__NR_io_uring_setup, kEntries, &params);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

void add_setup_flags(std::vector<UringCapability>& found) {
  for (const NamedBit& flag : kSetupFlags) {
    io_uring_params params;
    const int fd = open_ring(flag.bits, params);
    const Fd ring(fd < 0 ? -1 : fd);
    found.push_back({"setup flag", flag.name, fd >= 0,
                     "io_uring_setup with it: " + (fd >= 0 ? "taken" : errno_name(-fd))});
  }
}

void add_feature_bits(unsigned features, std::vector<UringCapability>& found) {
  for (const NamedBit& bit : kFeatureBits) {
    found.push_back({"feature bit", bit.name, (features & bit.bits) != 0,
                     absl::StrCat("io_uring_setup answers 0x", absl::Hex(features))});
  }
}

void add_opcodes(int ring, std::vector<UringCapability>& found) {
  constexpr unsigned kMost = 256;
  const std::unique_ptr<io_uring_probe, Free> probe(static_cast<io_uring_probe*>(
      std::calloc(1, sizeof(io_uring_probe) + kMost * sizeof(io_uring_probe_op))));
  const long outcome =
      ::syscall(__NR_io_uring_register, ring, IORING_REGISTER_PROBE, probe.get(), kMost);
  const std::string answer =
      outcome < 0 ? "REGISTER_PROBE: " + errno_name(errno) : std::string("REGISTER_PROBE");
  for (const NamedBit& code : kOpcodes) {
    const bool usable =
        outcome >= 0 && ::io_uring_opcode_supported(probe.get(), static_cast<int>(code.bits)) != 0;
    found.push_back({"opcode", code.name, usable, answer});
  }
}

void add_trial(const char* name, const UringForm& form, std::vector<UringCapability>& found) {
  const absl::Status probed = probe_uring(form);
  const std::string where = "done on rung " + std::string(name_of(form.rung));
  found.push_back({"trial", name, probed.ok(),
                   probed.ok() ? where : absl::StrCat(where, ": ", probed.message())});
}

// A call of io_uring_register, and the one that undoes it. What they are told they may change.
struct Registration {
  const char* group;
  const char* name;
  const char* call;
  unsigned code;
  unsigned undo;
  void* argument;
  unsigned count;       // as the call counts
  unsigned undo_count;  // 0: undoing takes no argument
};

void add_registration(int ring, const Registration& trial, std::vector<UringCapability>& found) {
  const long outcome =
      ::syscall(__NR_io_uring_register, ring, trial.code, trial.argument, trial.count);
  const std::string answer = outcome >= 0 ? "taken" : errno_name(errno);
  found.push_back({trial.group, trial.name, outcome >= 0, absl::StrCat(trial.call, ": ", answer)});
  if (outcome < 0) return;
  void* argument = trial.undo_count == 0 ? nullptr : trial.argument;
  ::syscall(__NR_io_uring_register, ring, trial.undo, argument, trial.undo_count);
}

void add_registered_ring(int ring, std::vector<UringCapability>& found) {
  io_uring_rsrc_update entry = {.offset = ~0u, .resv = 0, .data = static_cast<__u64>(ring)};
  add_registration(ring,
                   {"trial", "registered ring descriptor", "RING_FDS", IORING_REGISTER_RING_FDS,
                    IORING_UNREGISTER_RING_FDS, &entry, 1, 1},
                   found);
}

// What the backend leaves out, since it won nothing (lib/README.md has the figures). The rest of
// it is among the setup flags, feature bits and opcodes: SQPOLL, MIN_TIMEOUT, SEND_ZC.
void add_left_out(int ring, std::vector<UringCapability>& found) {
  constexpr const char* kGroup = "left out";
  io_uring_rsrc_register table = {};
  table.nr = kEntries;
  table.flags = IORING_RSRC_REGISTER_SPARSE;
  add_registration(ring,
                   {kGroup, "direct descriptors", "FILES2, sparse", IORING_REGISTER_FILES2,
                    IORING_UNREGISTER_FILES, &table, sizeof(table), 0},
                   found);

  constexpr std::size_t kPage = 4096;
  const std::unique_ptr<void, Free> page(std::aligned_alloc(kPage, kPage));
  std::memset(page.get(), 0, kPage);
  io_uring_buf_reg buffers = {};
  buffers.ring_addr = reinterpret_cast<std::uintptr_t>(page.get());
  buffers.ring_entries = kEntries;
  buffers.pad = uapi::kBufferRingIncremental;
  add_registration(ring,
                   {kGroup, "incremental buffers", "PBUF_RING, incremental",
                    IORING_REGISTER_PBUF_RING, IORING_UNREGISTER_PBUF_RING, &buffers, 1, 1},
                   found);

  uapi::Napi napi = {.busy_poll_us = 1};
  add_registration(
      ring,
      {kGroup, "NAPI busy poll", "NAPI", uapi::kRegisterNapi, uapi::kUnregisterNapi, &napi, 1, 1},
      found);
}

void add_trials(int ring, std::vector<UringCapability>& found) {
  for (const UringRung rung : {UringRung::kTop, UringRung::kCoop, UringRung::kPlain}) {
    const std::string name = "rung " + std::string(name_of(rung));
    add_trial(name.c_str(),
              {.rung = rung, .multishot = false, .buffer_ring = false, .ext_arg = false}, found);
  }
  const auto standing = climb_uring({});
  if (!standing.ok()) return;
  const UringForm bare = {
      .rung = standing->form.rung, .multishot = false, .buffer_ring = false, .ext_arg = false};
  UringForm form = bare;
  form.ext_arg = true;
  add_trial("extended enter argument", form, found);
  form = bare;
  form.multishot = true;
  add_trial("multishot accept", form, found);
  form = bare;
  form.buffer_ring = true;
  add_trial("buffer ring", form, found);
  form.multishot = true;
  add_trial("multishot receive", form, found);
  add_registered_ring(ring, found);
}

}  // namespace

std::vector<UringCapability> find_uring_features() {
  std::vector<UringCapability> found;
  io_uring_params params;
  const int fd = open_ring(0, params);
  if (fd < 0) return found;
  const Fd ring(fd);
  add_setup_flags(found);
  add_feature_bits(params.features, found);
  add_opcodes(fd, found);
  add_trials(fd, found);
  add_left_out(fd, found);
  return found;
}

}  // namespace rondo
