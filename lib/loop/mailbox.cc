// SPDX-License-Identifier: MIT
#include "rondo/loop/mailbox.h"

namespace rondo {

template class BasicMailbox<std::atomic>;

}  // namespace rondo
