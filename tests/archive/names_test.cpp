#include "archive/names.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fakes/scratch_directory.hpp"

namespace layerwatt::archive {
namespace {

TEST(PartitionValue, PlainNamesStay) {
  EXPECT_EQ(partition_value("resnet50.engine"), "resnet50.engine");
  EXPECT_EQ(partition_value("Orin_NX-16"), "Orin_NX-16");
}

TEST(PartitionValue, WhatWouldLeaveTheFolderOrHideIsReplaced) {
  for (const char* text :
       {"../../etc", "a/b", "..", ".", ".hidden", "_hidden", "", "a=b", "a%2Fb", "name with spaces",
        "new\nline", "-rf", "__HIVE_DEFAULT_PARTITION__", "\xff\xfe", "x\0y"}) {
    const std::string value = partition_value(text);
    EXPECT_EQ(value.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789._-"),
              std::string::npos)
        << text;
    EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(value.at(0)))) << text << " → " << value;
    EXPECT_EQ(value.find("HIVE_DEFAULT"), std::string::npos);
    EXPECT_LE(value.size(), 64u);
  }
}

TEST(PartitionValue, DifferentNamesStayDifferent) {
  std::set<std::string> values;
  const std::string long_name(300, 'n');
  for (const std::string& text : {std::string("a b"), std::string("a/b"), std::string("a  b"),
                                  std::string("a_b"), long_name, long_name + "2"}) {
    EXPECT_TRUE(values.insert(partition_value(text)).second) << text;
    EXPECT_LE(values.rbegin()->size(), 64u);
  }
}

TEST(Partition, IsMadeOfThree) {
  EXPECT_EQ(partition(1714564800000000, "Orin", "m.onnx"),
            "date=2024-05-01/device=Orin/model=m.onnx");
}

TEST(RunIdentity, IsOfTheResultAndItsTime) {
  const std::string id = run_identity("{}", 5);
  EXPECT_EQ(id.size(), 24u);
  EXPECT_EQ(id, run_identity("{}", 5));
  EXPECT_NE(id, run_identity("{ }", 5));
  EXPECT_NE(id, run_identity("{}", 6));
}

TEST(HashedBoard, DependsOnTheSaltAndDoesNotShowTheName) {
  const std::string id = hashed_board("salt", "jetson-17");
  EXPECT_EQ(id.size(), 16u);
  EXPECT_EQ(id, hashed_board("salt", "jetson-17"));
  EXPECT_NE(id, hashed_board("other", "jetson-17"));
  EXPECT_NE(id, hashed_board("salt", "jetson-18"));
  EXPECT_EQ(id.find("jetson"), std::string::npos);
}

TEST(MachineName, TheSerialNumberComesBeforeTheMachineId) {
  const fakes::ScratchDirectory root;
  const SysRoot sys(root.path(),
                    [](const std::string&) -> std::optional<std::string> { return std::nullopt; });
  root.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  EXPECT_EQ(machine_name(sys), "/etc/machine-id=0123456789abcdef0123456789abcdef");
  root.write("proc/device-tree/serial-number", std::string("1421122000001\0", 14));
  EXPECT_EQ(machine_name(sys), "/proc/device-tree/serial-number=1421122000001");
}

TEST(ParseTime, WhatRecordingsAndPeopleWrite) {
  EXPECT_EQ(parse_time_us("2024-05-01"), 1714521600000000);
  EXPECT_EQ(parse_time_us("2024-05-01T12:00:00Z"), 1714564800000000);
  EXPECT_EQ(parse_time_us("2024-05-01T12:00:00.128Z"), 1714564800128000);
  EXPECT_EQ(parse_time_us("2024-05-01 12:00:00+02:00"), 1714557600000000);
  EXPECT_EQ(parse_time_us("1969-12-31T23:59:59Z"), -1000000);
}

TEST(ParseTime, AnythingElseIsNoTime) {
  for (const char* text :
       {"", "yesterday", "2024-13-01", "2024-02-30", "2024-05-01T12:00", "2024-05-01T12:00:00",
        "2024-5-1", "2024-05-01T25:00:00Z", "2024-05-01T12:00:00Zx", "2024-05-01T12:00:00.Z"}) {
    EXPECT_EQ(parse_time_us(text), std::nullopt) << text;
  }
}

TEST(DayOf, BeforeTheEpochToo) {
  EXPECT_EQ(day_of(0), "1970-01-01");
  EXPECT_EQ(day_of(-1), "1969-12-31");
  EXPECT_EQ(time_text(1714564800128000), "2024-05-01 12:00:00");
}

}  // namespace
}  // namespace layerwatt::archive
