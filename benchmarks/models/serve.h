// SPDX-License-Identifier: MIT
#pragma once

// Echoes on a blocking socket until the peer ends or fails, and closes it.
void serve(int fd);

// Accepts and serves, one connection after the other, for ever. Several threads may.
_Noreturn void serve_all(int listener);
