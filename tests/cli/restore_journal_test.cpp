#include "cli/restore_journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SysRoot with(std::map<std::string, std::string> environment) {
  return SysRoot("/", [environment](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(JournalFolder, IsTheUsersStateFolder) {
  EXPECT_EQ(journal_folder(with({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}})), "/s/layerwatt");
  EXPECT_EQ(journal_folder(with({{"HOME", "/h"}})), "/h/.local/state/layerwatt");
  EXPECT_THROW(journal_folder(with({})), Error);
}

TEST(RestoreJournal, OfARunningProcessIsNotUnfinished) {
  const fakes::ScratchDirectory scratch;
  const auto file = write_journal(scratch / "state", {"a"});
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_THAT(unfinished_sweeps(scratch / "state"), IsEmpty());
}

TEST(RestoreJournal, OfAProcessThatIsGoneTellsItsCommands) {
  const fakes::ScratchDirectory scratch;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    write_journal(scratch / "state", {"nvpmodel -m '0'", "echo \"ä\""});
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const auto found = unfinished_sweeps(scratch / "state");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].commands, ElementsAre("nvpmodel -m '0'", "echo \"ä\""));
  EXPECT_EQ(found[0].started.size(), std::string("2026-11-23T18:00:00Z").size());
}

// The commands are run: by root, if it is sudo that runs us with the user's folder.
TEST(RestoreJournal, WhatAnotherMayHaveWrittenIsNotRun) {
  const fakes::ScratchDirectory scratch;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    write_journal(scratch / "state", {"echo evil"});
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const auto found = unfinished_sweeps(scratch / "state");
  ASSERT_EQ(found.size(), 1u);
  const std::filesystem::path file = found[0].file;
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  EXPECT_THAT(unfinished_sweeps(scratch / "state"), IsEmpty()) << "anybody may write to it";
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  std::filesystem::rename(file, scratch / "elsewhere");
  std::filesystem::create_symlink(scratch / "elsewhere", file);
  EXPECT_THAT(unfinished_sweeps(scratch / "state"), IsEmpty()) << "a link";
  if (::geteuid() != 0) return;
  std::filesystem::remove(file);
  std::filesystem::rename(scratch / "elsewhere", file);
  ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
  EXPECT_THAT(unfinished_sweeps(scratch / "state"), IsEmpty()) << "another user's";
}

// The user's folder under sudo: what already has the name must not be written through or into.
TEST(RestoreJournal, ALinkInItsPlaceIsReplacedAndNotFollowed) {
  const fakes::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "state");
  const auto victim = scratch.write("victim", "precious");
  const auto name = "restore-" + std::to_string(::getpid()) + ".json";
  std::filesystem::create_symlink(victim, scratch / "state" / name);
  const auto file = write_journal(scratch / "state", {"a"});
  EXPECT_EQ(scratch.read("victim"), "precious");
  EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(file)));
}

TEST(RestoreJournal, ItsFileIsAlwaysANewOneOfItsOwnersAlone) {
  const fakes::ScratchDirectory scratch;
  const auto file = write_journal(scratch / "state", {"a"});
  // Somebody who still has the earlier file open, or a second name of it, gets nothing of this one.
  std::filesystem::create_hard_link(file, scratch / "kept");
  const std::string before = scratch.read("kept");
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  write_journal(scratch / "state", {"b"});
  EXPECT_EQ(scratch.read("kept"), before);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch / "state"),
                          std::filesystem::directory_iterator()),
            1)
      << "nothing unfinished is left";
}

TEST(RestoreJournal, APipeOfItsNameKeepsNobodyWaiting) {
  const fakes::ScratchDirectory scratch;
  ASSERT_EQ(::mkfifo((scratch / "restore-1.json").c_str(), 0600), 0);
  EXPECT_THAT(unfinished_sweeps(scratch.path()), IsEmpty());
}

TEST(RestoreJournal, AFormatThatIsNoTextIsNotOurs) {
  const fakes::ScratchDirectory scratch;
  const auto file = scratch.write("restore-1.json", R"({"format": 5})");
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  EXPECT_THAT(unfinished_sweeps(scratch.path()), IsEmpty());
}

// The number of a process is given again: after a reboot, or once they have all been used.
TEST(RestoreJournal, AnotherProcessOfThatNumberDoesNotCount) {
  const fakes::ScratchDirectory scratch;
  const auto file = write_journal(scratch / "state", {"a"});
  auto journal = nlohmann::json::parse(scratch.read("state/" + file.filename().string()));
  for (const char* field : {"boot", "start"}) {
    auto other = journal;
    other[field] = "1";
    scratch.write("state/" + file.filename().string(), other.dump());
    EXPECT_EQ(unfinished_sweeps(scratch / "state").size(), 1u) << field;
  }
}

TEST(RestoreJournal, TheLatestIsRestoredFirst) {
  const fakes::ScratchDirectory scratch;
  std::filesystem::create_directories(scratch / "state");
  for (const char* day : {"1", "3", "2"}) {
    const nlohmann::json journal{{"format", "layerwatt-restore"},
                                 {"started", day},
                                 {"process", 1},
                                 {"start", "x"},
                                 {"boot", "gone"},
                                 {"commands", {day}}};
    scratch.write(std::string("state/restore-") + day + ".json", journal.dump());
  }
  std::vector<std::string> order;
  for (const auto& sweep : unfinished_sweeps(scratch / "state")) order.push_back(sweep.started);
  EXPECT_THAT(order, ElementsAre("3", "2", "1"));
}

TEST(RestoreJournal, WhatIsNoneIsLeftAlone) {
  const fakes::ScratchDirectory scratch;
  EXPECT_THAT(unfinished_sweeps(scratch / "nowhere"), IsEmpty());
  std::filesystem::create_directories(scratch / "state");
  scratch.write("state/restore-1.json", "{");
  scratch.write("state/restore-2.json", R"({"format":"layerwatt-restore","process":"x"})");
  scratch.write("state/other.json", "{}");
  EXPECT_THAT(unfinished_sweeps(scratch / "state"), IsEmpty());
}

TEST(RestoreJournal, WhatCannotBeNotedIsAnError) {
  EXPECT_THROW(write_journal("/proc/no/such", {"a"}), Error);
}

}  // namespace
}  // namespace layerwatt::cli
