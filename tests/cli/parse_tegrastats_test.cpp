#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace layerwatt::cli {
namespace {

using Json = nlohmann::json;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"layerwatt", "parse-tegrastats"});
  std::ostringstream out;
  std::ostringstream err;
  Program program{{}, {}, out, err, {}};
  const int code = run_program(static_cast<int>(arguments.size()), arguments.data(), program);
  return {code, out.str(), err.str()};
}

std::vector<Json> objects(const std::string& out) {
  std::vector<Json> all;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
  return all;
}

class ParseTegrastats : public testing::Test {
 protected:
  ~ParseTegrastats() override { std::filesystem::remove(file_); }
  Outcome convert(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return run({file_.c_str()});
  }
  Json one(const std::string& line) {
    const Outcome outcome = convert(line + "\n");
    EXPECT_EQ(outcome.code, 0);
    const auto all = objects(outcome.out);
    EXPECT_EQ(all.size(), 1u);
    return all.at(0);
  }
  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() /
      ("layerwatt_parse_test_" + std::to_string(::getpid()) + ".txt");
};

TEST_F(ParseTegrastats, AnObjectIsWhatTheContractSays) {
  const Outcome outcome = convert(
      "1750866190.7489990::06-25-2025 09:43:10 RAM 3408/15657MB (lfb 176x4MB) SWAP 1/7828MB "
      "(cached 2MB) CPU [33%@806,off] EMC_FREQ 3%@2133 GR3D_FREQ 14%@[305,306] NVENC off APE 174 "
      "cv0@-256C cpu@55.187C VDD_IN 5444mW/5425mW VDD_SOC 1579mW/1580mW WARP 9q NC 0mW/0mW NC "
      "1mW/1mW\n");
  EXPECT_EQ(
      outcome.out,
      R"({"time_ns":1750866190748999000,"rails":{"VDD_IN":{"mw":5444,"avg_mw":5425,"max_mw":null},)"
      R"("VDD_SOC":{"mw":1579,"avg_mw":1580,"max_mw":null},)"
      R"("NC":{"mw":0,"avg_mw":0,"max_mw":null},"NC#2":{"mw":1,"avg_mw":1,"max_mw":null}},)"
      R"("total_mw":5444,"scope":"module","reason":null,"temps_c":{"cv0":null,"cpu":55.187},)"
      R"("cpu":[{"load":33,"mhz":806},null],"gpu":{"load":14,"mhz":[305,306]},)"
      R"("ram_mb":{"used":3408,"total":15657},"raw_unknown":["WARP 9q"],)"
      R"("date":"06-25-2025 09:43:10","temps_max_c":{},)"
      R"("swap_mb":{"used":1,"total":7828,"cached":2},"iram_kb":null,)"
      R"("largest_free":{"mb":4,"count":176},"emc":{"load":3,"mhz":[2133]},)"
      R"("engines":{"NVENC":null,"APE":{"loads":[],"mhz":[174]}},"mts":null,"edp_limit":null,)"
      R"("whole":true})"
      "\n");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(ParseTegrastats, WhatIsNotPrintedIsNullAndNotZero) {
  const Json json = one("RAM 1/2MB (lfb 1x4MB) GR3D_FREQ 0%");
  EXPECT_TRUE(json["time_ns"].is_null());
  EXPECT_TRUE(json["total_mw"].is_null());
  EXPECT_TRUE(json["scope"].is_null());
  EXPECT_EQ(json["reason"], "no rails");
  EXPECT_TRUE(json["cpu"].is_null());
  EXPECT_EQ(json["gpu"]["load"], 0);
  EXPECT_TRUE(json["gpu"]["mhz"].empty());
  EXPECT_TRUE(json["emc"].is_null());
  EXPECT_TRUE(json["swap_mb"].is_null());
  EXPECT_TRUE(one("VDD_IN 5444mW/5425mW")["ram_mb"].is_null());
  EXPECT_EQ(one("VDD_IN 5444mW/5425mW")["whole"], false);
  EXPECT_TRUE(one("RAM 1/2MB (lfb 1x4MB) GR3D_FREQ @[0,0,0]")["gpu"]["load"].is_null());
}

TEST_F(ParseTegrastats, TotalsGoByTheSetOfRails) {
  const std::string ram = "RAM 1/2MB (lfb 1x4MB) ";
  const Json orin =
      one(ram +
          "VDD_GPU_SOC 5191mW/1mW VDD_CPU_CV 1997mW/1mW VIN_SYS_5V0 4320mW/1mW VDDQ_VDD2_1V8AO "
          "401mW/1mW");
  EXPECT_EQ(orin["total_mw"], 11508);
  const Json xavier =
      one(ram + "GPU 463/463 CPU 1236/1236 SOC 2318/2318 CV 0/0 VDDRQ 154/154 SYS5V 2934/2934");
  EXPECT_EQ(xavier["total_mw"], 7105);
  const Json thor = one(
      ram + "VDD_GPU 1962mW/1mW VDD_CPU_SOC_MSS 5887mW/1mW VIN_SYS_5V0 5635mW/1mW VIN 19780mW/1mW");
  EXPECT_EQ(thor["total_mw"], 19780);
  EXPECT_EQ(thor["scope"], "devkit input");
  const Json missing = one(ram + "VDD_GPU_SOC 5191mW/1mW VDD_CPU_CV 1997mW/1mW");
  EXPECT_TRUE(missing["total_mw"].is_null());
  EXPECT_NE(missing["reason"].get<std::string>().find("VIN_SYS_5V0"), std::string::npos);
}

TEST_F(ParseTegrastats, ALineThatCannotBeReadIsAnObjectAndTheRestGoesOn) {
  const Outcome outcome = convert(
      "RAM 1/2MB (lfb 1x4MB) VDD_IN 1mW/1mW\n"
      "Unknown command: --count\n"
      "\n"
      "RAM 1/2MB (lfb 1x4MB) VDD_IN 54\r\n"
      "N 5mW/5mW VDD_SOC 1mW/1mW\n"
      "RAM 1/2MB (lfb 1x4MB) VDD_IN 2mW/1mW\r\n"
      "say \"\xff\\\" RAM\n");
  EXPECT_EQ(outcome.code, 0);
  const auto all = objects(outcome.out);
  ASSERT_EQ(all.size(), 7u);
  EXPECT_EQ(all[0]["total_mw"], 1);
  for (const std::size_t bad : {1, 2, 3, 4, 6}) {
    EXPECT_FALSE(all[bad]["error"].get<std::string>().empty());
    EXPECT_EQ(all[bad]["line"], bad + 1);
    EXPECT_FALSE(all[bad].contains("rails"));
  }
  EXPECT_EQ(all[5]["total_mw"], 2);
  EXPECT_EQ(outcome.err, "layerwatt: 5 of 7 lines could not be read\n");
}

TEST_F(ParseTegrastats, ALogThatWasCutBetweenTokensIsFoundByItsRails) {
  const std::string line = "RAM 1/2MB (lfb 1x4MB) VDD_GPU 1mW/1mW VIN 2mW/2mW";
  const auto all = objects(convert(line + "\n" + line + "\n" + line.substr(0, 38)).out);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(all[1].contains("rails"));
  EXPECT_TRUE(all[2].contains("error"));
  // A whole last line needs no newline.
  EXPECT_TRUE(objects(convert(line + "\n" + line).out)[1].contains("rails"));
}

TEST_F(ParseTegrastats, EveryFixtureGivesStrictJson) {
  const std::string fixtures = std::string(LAYERWATT_FIXTURES) + "/tegrastats/";
  for (const char* name : {"shapes.txt", "cut.txt", "foreign.txt", "orin_nx_run.txt"}) {
    const Outcome outcome = run({(fixtures + name).c_str()});
    EXPECT_EQ(outcome.code, 0) << name;
    EXPECT_FALSE(objects(outcome.out).empty()) << name;
  }
}

TEST_F(ParseTegrastats, AFileThatIsNotThereIsBadInput) {
  const Outcome outcome = run({"/no/such/file"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("/no/such/file"), std::string::npos);
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({std::filesystem::temp_directory_path().c_str()}).code, 2);
}

TEST_F(ParseTegrastats, ReadsStdinLineByLine) {
  // The second line is only written once the first has come back.
  const std::string answer = file_.string();
  const std::string script =
      "{ echo 'RAM 1/2MB (lfb 1x4MB) VDD_IN 7/7'; for i in $(seq 1000); do grep -q total_mw '" +
      answer + "' && break; sleep 0.01; done; grep -q total_mw '" + answer +
      "' && echo 'RAM 1/2MB (lfb 1x4MB) VDD_IN 8/8'; } | '" + LAYERWATT_PROGRAM +
      "' parse-tegrastats - > '" + answer + "'";
  ASSERT_EQ(std::system(script.c_str()), 0);
  std::ifstream file(file_);
  std::stringstream out;
  out << file.rdbuf();
  const auto all = objects(out.str());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["total_mw"], 8);
}

}  // namespace
}  // namespace layerwatt::cli
