// SPDX-License-Identifier: MIT
// A ready node that may travel between threads.
#pragma once

#include "rondo/base/ready.h"

namespace rondo {

// Posted to a loop from any thread, it runs there in one of the next turns. It must live until it
// has run, and it must not be posted again before that. Posting allocates nothing.
class Mail : public ReadyNode {
 public:
  Mail* next_mail = nullptr;  // the queue's, from post to arrival

 protected:
  ~Mail() = default;
};

}  // namespace rondo
