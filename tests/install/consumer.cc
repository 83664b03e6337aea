// SPDX-License-Identifier: MIT
// A user of the installed library: what pkg-config says is all that it knows.
#include <rondo/base/error.h>

int main() { return rondo::Error(rondo::Errc::closed).message().empty() ? 1 : 0; }
