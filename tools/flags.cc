// SPDX-License-Identifier: MIT
#include "flags.h"

#include <errno.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <absl/flags/commandlineflag.h>
#include <absl/flags/reflection.h>
#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include "flag_types.h"

namespace rondo::tools {
namespace {

// Debian's Abseil has a string_view of its own.
absl::string_view view(std::string_view text) { return {text.data(), text.size()}; }

// One line, whatever was typed.
void complain(std::string_view why, const char* hint) {
  std::string line(why);
  std::replace_if(
      line.begin(), line.end(), [](char letter) { return absl::ascii_iscntrl(letter); }, '?');
  std::fprintf(stderr, "%s: %s%s\n", program_invocation_short_name, line.c_str(), hint);
}

std::string quoted(std::string_view text) { return absl::StrCat("'", view(text), "'"); }

// --max-size is the ABSL_FLAG max_size, whose name has to be one of C++.
std::string with(char mark, char instead_of, std::string_view name) {
  std::string changed(name);
  std::replace(changed.begin(), changed.end(), instead_of, mark);
  return changed;
}

// The flag of this name; --nojson is the switch --json turned off.
absl::CommandLineFlag* find(std::string_view given, bool& negated) {
  const std::string underlined = with('_', '-', given);
  const std::string_view name = underlined;
  negated = false;
  if (auto* flag = absl::FindCommandLineFlag(view(name))) return flag;
  if (!name.starts_with("no")) return nullptr;
  auto* flag = absl::FindCommandLineFlag(view(name.substr(2)));
  negated = flag != nullptr && flag->IsOfType<bool>();
  return negated ? flag : nullptr;
}

// The words of `text` in indented lines.
std::string wrapped(const std::string& text) {
  constexpr std::size_t kColumns = 88;
  std::string lines = "     ";
  std::size_t column = 0;
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    if (column + word.size() > kColumns) {
      lines += "\n     ";
      column = 0;
    }
    absl::StrAppend(&lines, " ", word);
    column += 1 + word.size();
  }
  return lines;
}

[[noreturn]] void print_help(std::string_view usage) {
  std::map<std::string, absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) flags.emplace(name, flag);
  std::printf("%s\n\nFlags:\n", std::string(usage).c_str());
  for (const auto& [name, flag] : flags) {
    std::printf("  --%s=%s\n%s\n", with('-', '_', name).c_str(), flag->DefaultValue().c_str(),
                wrapped(flag->Help()).c_str());
  }
  std::exit(EXIT_SUCCESS);
}

}  // namespace

void parse_flags(int argc, char** argv, std::string_view usage) {
  std::map<absl::CommandLineFlag*, std::string> lists;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") print_help(usage);
    if (!argument.starts_with("--")) bad_usage("unexpected argument " + quoted(argument));

    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(2, equals == argument.npos ? equals : equals - 2);
    bool negated;
    absl::CommandLineFlag* flag = find(name, negated);
    if (flag == nullptr) bad_usage("unknown flag " + quoted(argument.substr(0, equals)));

    std::string value;
    if (equals != argument.npos) {
      if (negated) bad_usage(quoted(argument.substr(0, equals)) + " takes no value");
      value = argument.substr(equals + 1);
    } else if (flag->IsOfType<bool>()) {
      value = negated ? "false" : "true";
    } else if (i + 1 < argc) {
      value = argv[++i];
    } else {
      bad_usage(quoted(argument) + " needs a value");
    }

    const bool is_texts = flag->IsOfType<TextsFlag>();
    if (is_texts || flag->IsOfType<std::vector<std::string>>()) {
      std::string& list = lists[flag];
      value = list = list.empty() ? value : absl::StrCat(list, is_texts ? "\n" : ",", value);
    }
    std::string error;
    if (!flag->ParseFrom(value, &error)) bad_usage(error);
  }
}

void note_no_effect(std::string_view name, std::string_view what) {
  const auto* flag = absl::FindCommandLineFlag(with('_', '-', name));
  if (flag->CurrentValue() == flag->DefaultValue()) return;
  complain(
      absl::StrCat("--", view(name), "=", flag->CurrentValue(), " has no effect with ", view(what)),
      "");
}

void bad_usage(std::string_view why) {
  complain(why, " (see --help)");
  std::exit(2);
}

int failure(std::string_view why) {
  complain(why, "");
  return EXIT_FAILURE;
}

int failure(const absl::Status& status) {
  return failure(std::string_view(status.message().data(), status.message().size()));
}

}  // namespace rondo::tools
