#include "archive/store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "fakes/scratch_directory.hpp"
#include "layerwatt/error.hpp"

namespace layerwatt::archive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kRun = "date=2024-05-01/device=d/model=m/r1.parquet";

void make_old(const fs::path& file) {
  timespec times[2] = {{::time(nullptr) - 100000, 0}, {::time(nullptr) - 100000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
}

std::vector<std::string> names_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Store, WhatIsPutIsThereUnderItsNameAlone) {
  const fakes::ScratchDirectory scratch;
  const auto store = Store::open_or_create(scratch / "a");
  EXPECT_FALSE(store.has(std::string("runs/") + kRun));
  store.put(std::string("runs/") + kRun, "bytes");
  EXPECT_TRUE(store.has(std::string("runs/") + kRun));
  EXPECT_EQ(scratch.read(std::string("a/runs/") + kRun), "bytes");
  EXPECT_EQ(names_below(scratch / "a"),
            (std::vector<std::string>{"layerwatt-archive.json", std::string("runs/") + kRun}))
      << "nothing unfinished stays";
  const auto files = store.files("runs");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].date, "2024-05-01");
  EXPECT_EQ(files[0].device, "d");
  EXPECT_EQ(files[0].model, "m");
  EXPECT_EQ(files[0].run_id, "r1");
  EXPECT_EQ(files[0].bytes, 5u);
}

TEST(Store, ManyThatMakeItTogetherAgreeOnTheSalt) {
  const fakes::ScratchDirectory scratch;
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        const auto store = Store::open_or_create(scratch / "a");
        store.put("salts/" + std::to_string(i), store.salt());
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const std::string salt = Store::open(scratch / "a").salt();
  EXPECT_EQ(salt.size(), 32u);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(scratch.read("a/salts/" + std::to_string(i)), salt);
  }
}

TEST(Store, AFolderThatIsNoArchiveIsRefused) {
  const fakes::ScratchDirectory scratch;
  EXPECT_THROW(Store::open(scratch.path()), Error);
  scratch.write("b/layerwatt-archive.json", R"({"format":"layerwatt-archive","version":99})");
  try {
    Store::open(scratch / "b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    EXPECT_THAT(error.problem(), HasSubstr("later"));
  }
  scratch.write("d/layerwatt-archive.json",
                R"({"format":"layerwatt-archive","version":1,"compacted":true})");
  EXPECT_THROW(Store::open_or_create(scratch / "d"), Error) << "nothing is added to a copy";
  scratch.write("c/layerwatt-archive.json", "nonsense");
  EXPECT_THROW(Store::open_or_create(scratch / "c"), Error);
}

TEST(Store, WhatCannotBeWrittenIsAnErrorThatNamesTheFile) {
  const fakes::ScratchDirectory scratch;
  const auto store = Store::open_or_create(scratch / "a");
  scratch.write("a/runs", "a file where a folder is needed");
  try {
    store.put(std::string("runs/") + kRun, "bytes");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_THAT(error.where(), HasSubstr("runs"));
  }
}

struct Littered {
  fakes::ScratchDirectory scratch;
  Store store = Store::open_or_create(scratch / "a");
  Littered() {
    for (const std::string table : {"runs/", "layers/"}) {
      store.put(table + kRun, "whole");
      store.put(table + "date=2020-01-01/device=d/model=m/old.parquet", "whole");
    }
    store.put("layers/date=2024-05-01/device=d/model=m/half.parquet", "no run");
    store.put("layers/date=2024-05-01/device=d/model=m/fresh.parquet", "its run comes yet");
    scratch.write("a/runs/date=2024-05-01/device=d/model=m/.x.parquet.1-ab.tmp", "killed");
    scratch.write("a/runs/date=2024-05-01/device=d/model=m/.y.parquet.2-cd.tmp", "being written");
    scratch.write("a/runs/notes.txt", "somebody's");
    make_old(scratch / "a/layers/date=2024-05-01/device=d/model=m/half.parquet");
    make_old(scratch / "a/runs/date=2024-05-01/device=d/model=m/.x.parquet.1-ab.tmp");
    make_old(scratch / "a/runs/notes.txt");
    make_old(scratch / (std::string("a/layers/") + kRun));
    make_old(scratch / (std::string("a/runs/") + kRun));
  }
};

TEST(Garbage, IsWhatIsOldAndUnfinishedAndNothingElse) {
  const Littered at;
  const auto garbage = at.store.garbage({});
  std::vector<std::string> names;
  for (const Garbage& item : garbage) names.push_back(item.path.filename().string());
  EXPECT_THAT(names, testing::UnorderedElementsAre("half.parquet", ".x.parquet.1-ab.tmp"));
  EXPECT_EQ(at.store.remove(garbage), 2u);
  EXPECT_TRUE(at.store.garbage({}).empty());
  EXPECT_TRUE(at.store.has("runs/notes.txt"));
  EXPECT_TRUE(at.store.has(std::string("layers/") + kRun));
}

// Whole seconds once hid what was written in the second that gc was asked in.
TEST(Garbage, IsAnythingHalfDoneWhereNoAgeIsAskedFor) {
  const fakes::ScratchDirectory scratch;
  const Store store = Store::open_or_create(scratch / "a");
  GarbageLimits limits;
  limits.unfinished_for = std::chrono::seconds(0);
  for (int again = 0; again < 3; ++again) {
    store.put(std::string("layers/") + kRun, "its run is not in");
    EXPECT_EQ(store.remove(store.garbage(limits)), 1u);
  }
}

TEST(Garbage, OldRunsGoWhereAskedForAndTheirOwnRowFirst) {
  const Littered at;
  GarbageLimits limits;
  limits.runs_before = "2024-05-01";
  const auto garbage = at.store.garbage(limits);
  ASSERT_EQ(garbage.size(), 4u);
  EXPECT_THAT(garbage[0].path.string(), HasSubstr("runs/date=2020-01-01"));
  EXPECT_EQ(at.store.remove(garbage), 4u);
  EXPECT_FALSE(at.store.has("layers/date=2020-01-01")) << "empty folders go too";
  EXPECT_TRUE(at.store.has(std::string("runs/") + kRun)) << "that day itself stays";
}

// A folder of runs that could not be read once passed for an empty one, and gc took their layers.
TEST(Garbage, IsNotToldWhereRunsCannotBeSeen) {
  const Littered at;
  fs::remove_all(at.scratch / "a/runs");
  at.scratch.write("a/runs", "no folder");
  EXPECT_THROW(at.store.garbage({}), Error);
  EXPECT_THROW(at.store.files("runs"), Error);
}

TEST(Garbage, IsLeftWhereItWasWrittenAgainSince) {
  const Littered at;
  const auto garbage = at.store.garbage({});
  at.store.put("layers/date=2024-05-01/device=d/model=m/half.parquet", "added again");
  EXPECT_EQ(at.store.remove(garbage), 1u);
  EXPECT_TRUE(at.store.has("layers/date=2024-05-01/device=d/model=m/half.parquet"));
}

TEST(Garbage, LinksAreNotFollowed) {
  const Littered at;
  const auto outside = at.scratch.write("outside/date=2020-01-01/device=d/model=m/z.parquet", "x");
  fs::create_directory_symlink(at.scratch / "outside/date=2020-01-01",
                               at.scratch / "a/runs/date=2019-01-01");
  GarbageLimits limits;
  limits.runs_before = "2024-05-01";
  at.store.remove(at.store.garbage(limits));
  EXPECT_TRUE(fs::exists(outside));
}

}  // namespace
}  // namespace layerwatt::archive
