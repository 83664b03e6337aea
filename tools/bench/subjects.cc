// SPDX-License-Identifier: MIT
#include "subjects.h"

#include <algorithm>

#include <absl/strings/str_cat.h>

#include "failure.h"
#include "peers.h"

namespace rondo::bench {
namespace {

void append(std::vector<Subject>& to, std::vector<Subject> more) {
  for (Subject& each : more) to.push_back(std::move(each));
}

std::vector<Subject> all_subjects(const Settings& settings) {
  std::vector<Subject> subjects = rondo_subjects(settings.programs);
  append(subjects, further_rondo_subjects(settings.programs));
  append(subjects, floor_subjects(settings.programs));
  append(subjects, peer_subjects(settings.programs));
  append(subjects, model_subjects(settings.programs));
  append(subjects, accept_subjects(settings.programs));
  append(subjects, topology_subjects(settings.programs, 1, 0));
  append(subjects, settings.further);
  return subjects;
}

bool is_named(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<Subject> ours_and_floors(const Settings& settings) {
  std::vector<Subject> subjects = rondo_subjects(settings.programs);
  append(subjects, floor_subjects(settings.programs));
  append(subjects, settings.further);
  return subjects;
}

std::vector<Subject> everybody(const Settings& settings) {
  std::vector<Subject> subjects = ours_and_floors(settings);
  append(subjects, peer_subjects(settings.programs));
  for (const Subject& further : further_rondo_subjects(settings.programs)) {
    if (is_named(settings.only, further.name)) subjects.push_back(further);
  }
  return subjects;
}

Subject subject_named(std::string_view name, const Settings& settings) {
  for (Subject& subject : all_subjects(settings)) {
    if (subject.name == name) return subject;
  }
  throw Failure(absl::StrCat("no subject '", std::string(name), "'; rondo-bench list names them"));
}

std::vector<Subject> named(std::initializer_list<std::string_view> names,
                           const Settings& settings) {
  std::vector<Subject> subjects;
  for (const std::string_view name : names) subjects.push_back(subject_named(name, settings));
  return subjects;
}

std::vector<Subject> chosen(std::vector<Subject> subjects, const Settings& settings) {
  if (settings.only.empty()) return subjects;
  std::erase_if(subjects, [&](const Subject& each) {
    return !is_named(settings.only, each.name) && each.kind != Kind::kOther;
  });
  return subjects;
}

void check_choice(const Settings& settings) {
  for (const std::string& name : settings.only) {
    const Subject subject = subject_named(name, settings);
    if (!subject.missing.empty()) {
      throw Failure(absl::StrCat("subject '", name, "' is ", subject.missing));
    }
  }
}

}  // namespace rondo::bench
