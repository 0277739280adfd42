// Lets tests/fakes/ssh stand for ssh, with the program under test on its hosts.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "fakes/scratch_directory.hpp"

namespace layerwatt::fakes {

class FakeSsh {
 public:
  FakeSsh() {
    const auto bin = std::filesystem::path(LAYERWATT_PROGRAM).parent_path();
    ::setenv("LAYERWATT_FAKE_SSH_BIN", bin.c_str(), 1);
    ::setenv("LAYERWATT_FAKE_SSH_LOG", (scratch_ / "log").c_str(), 1);
    ::setenv("LAYERWATT_FAKE_SSH_UP", (scratch_ / "up").c_str(), 1);
    std::filesystem::create_directories(scratch_ / "tmp");
    // The folders that copies go to: what is left there was forgotten.
    ::setenv("TMPDIR", (scratch_ / "tmp").c_str(), 1);
  }
  ~FakeSsh() {
    for (const char* name :
         {"LAYERWATT_FAKE_SSH_BIN", "LAYERWATT_FAKE_SSH_LOG", "LAYERWATT_FAKE_SSH_UP", "TMPDIR"}) {
      ::unsetenv(name);
    }
  }
  FakeSsh(const FakeSsh&) = delete;
  FakeSsh& operator=(const FakeSsh&) = delete;

  static std::string program() { return LAYERWATT_SOURCE "/tests/fakes/ssh"; }
  // The words that it was started with, one a line.
  std::string words() const { return scratch_.read("log"); }
  // From now on hosts called flaky… are there.
  void up() const { scratch_.write("up", ""); }
  bool left_nothing() const {
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "tmp")) {
      if (entry.path().filename().string().rfind("layerwatt-fleet.", 0) == 0) return false;
    }
    return true;
  }

 private:
  ScratchDirectory scratch_;
};

}  // namespace layerwatt::fakes
