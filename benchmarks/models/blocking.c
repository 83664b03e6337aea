// SPDX-License-Identifier: MIT
//
// Model: blocking calls in one thread. It serves one connection from its beginning to its end; the
// others wait in the backlog.

#include "../raw/start.h"
#include "serve.h"

int main(int argc, char** argv) { serve_all(start_listening(argc, argv, 0)); }
