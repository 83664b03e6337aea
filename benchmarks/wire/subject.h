// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rondo::bench {

// A server to be measured, and the raw server that its cost is divided by.
struct Subject {
  std::string name;
  std::string floor;  // a program in the folder of raw servers
  std::vector<std::string> command;
};

// rondo-echo in each way of waiting and reading, against the raw loop that does the same.
std::vector<Subject> rondo_subjects(const std::string& rondo_echo);

// The raw servers against the level-triggered epoll loop, itself included.
std::vector<Subject> floor_subjects();

// 'name=floor=command'; the words of the command are separated by spaces. Throws Failure.
Subject parse_subject(std::string_view text);

}  // namespace rondo::bench
