// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace rondo::bench {

// Why a measurement cannot go on, in one line for the terminal. Thrown past everything, so that
// every process started so far is ended by its owner on the way.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The user asked for the end: nothing is to be tried after it.
class Interrupted : public Failure {
 public:
  Interrupted() : Failure("interrupted") {}
};

}  // namespace rondo::bench
