#include "sensor/tegrastats_parse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace layerwatt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsNan;

struct Parsed {
  std::string text;
  TegrastatsLine line;
  std::optional<TegrastatsProblem> problem;

  explicit Parsed(std::string input) : text(std::move(input)) {
    problem = parse_tegrastats_line(text, line);
  }
  const TegraRail& rail(std::string_view name) const {
    for (const TegraRail& rail : line.rails) {
      if (rail.name == name) return rail;
    }
    throw std::out_of_range("no rail " + std::string(name));
  }
  const TegraUnit& unit(std::string_view name) const {
    for (const TegraUnit& unit : line.units) {
      if (unit.name == name) return unit;
    }
    throw std::out_of_range("no unit " + std::string(name));
  }
  std::vector<double> loads(std::string_view name) const {
    const auto values = line.loads(unit(name));
    return {values.begin(), values.end()};
  }
  std::vector<double> clocks(std::string_view name) const {
    const auto values = line.clocks(unit(name));
    return {values.begin(), values.end()};
  }
  const TegraTemperature& zone(std::string_view name) const {
    for (const TegraTemperature& zone : line.temperatures) {
      if (zone.name == name) return zone;
    }
    throw std::out_of_range("no zone " + std::string(name));
  }
};

std::vector<std::string> fixture(const std::string& name) {
  std::ifstream file(std::string(LAYERWATT_FIXTURES) + "/tegrastats/" + name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << name;
  return lines;
}

std::string shape(std::size_t number) { return fixture("shapes.txt").at(number - 1); }

TEST(TegrastatsParse, KnowsEveryShape) {
  for (const std::string& text : fixture("shapes.txt")) {
    const Parsed parsed(text);
    EXPECT_FALSE(parsed.problem.has_value()) << text;
    EXPECT_THAT(parsed.line.raw_unknown, IsEmpty()) << text;
    EXPECT_TRUE(parsed.line.has_beginning()) << text;
  }
}

TEST(TegrastatsParse, ReadsTheOldestLines) {
  const Parsed parsed(shape(1));
  EXPECT_EQ(parsed.line.ram.used_mb, 311);
  EXPECT_EQ(parsed.line.ram.total_mb, 3854);
  EXPECT_EQ(parsed.line.ram.largest_free_count, 650);
  EXPECT_EQ(parsed.line.ram.largest_free_mb, 4);
  EXPECT_EQ(parsed.line.swap.total_mb, 0);
  EXPECT_EQ(parsed.line.swap.cached_mb, 0);
  EXPECT_FALSE(parsed.line.iram.printed());
  ASSERT_EQ(parsed.line.cores.size(), 4u);
  EXPECT_EQ(parsed.line.cores[3].load_percent, 41);
  EXPECT_EQ(parsed.line.cores[3].mhz, 1326);  // one clock for all
  EXPECT_THAT(parsed.loads("GR3D"), ElementsAre(17));
  EXPECT_THAT(parsed.clocks("GR3D"), ElementsAre(614));
  EXPECT_THAT(parsed.clocks("AVP"), ElementsAre(115));
  EXPECT_THAT(parsed.clocks("VDE"), ElementsAre(120));
  EXPECT_THAT(parsed.loads("VDE"), IsEmpty());
  EXPECT_EQ(parsed.line.edp_limit, 1912);
  EXPECT_THAT(parsed.line.rails, IsEmpty());
  EXPECT_TRUE(parsed.line.date.empty());
  EXPECT_FALSE(parsed.line.time_ns.has_value());
}

TEST(TegrastatsParse, ReadsIramWithoutASpace) {
  const Parsed parsed(shape(3));
  EXPECT_TRUE(parsed.line.iram.printed());
  EXPECT_EQ(parsed.line.iram.total_mb, 252.0 / 1024.0);
  EXPECT_EQ(parsed.line.iram.largest_free_mb, 252.0 / 1024.0);
  EXPECT_EQ(parsed.rail("VDD_IN").mw, 2532);
  EXPECT_EQ(parsed.rail("VDD_IN").avg_mw, 2698);
  EXPECT_THAT(parsed.rail("VDD_IN").max_mw, IsNan());
}

TEST(TegrastatsParse, ACoreThatIsOffHasNoLoad) {
  const Parsed parsed(shape(3));
  ASSERT_EQ(parsed.line.cores.size(), 4u);
  EXPECT_TRUE(parsed.line.cores[1].online);
  EXPECT_EQ(parsed.line.cores[1].load_percent, 4);
  EXPECT_EQ(parsed.line.cores[1].mhz, 102);
  EXPECT_FALSE(parsed.line.cores[2].online);
  EXPECT_THAT(parsed.line.cores[2].load_percent, IsNan());
  EXPECT_THAT(parsed.line.cores[2].mhz, IsNan());
}

TEST(TegrastatsParse, MtsHasTwoValuesAndShiftsNothing) {
  const Parsed parsed(shape(4));
  EXPECT_EQ(parsed.line.mts_foreground_percent, 1);
  EXPECT_EQ(parsed.line.mts_background_percent, 8);
  EXPECT_EQ(parsed.zone("BCPU").celsius, 32);
  EXPECT_EQ(parsed.rail("VDD_WIFI").mw, 0);
  EXPECT_EQ(parsed.rail("VDD_WIFI").avg_mw, 10);
}

TEST(TegrastatsParse, OneNameCanBeThreeThings) {
  const Parsed parsed(shape(8));
  EXPECT_EQ(parsed.line.cores.size(), 8u);
  EXPECT_EQ(parsed.zone("CPU").celsius, 32);
  EXPECT_EQ(parsed.rail("CPU").mw, 1236);
  EXPECT_EQ(parsed.zone("GPU").celsius, 31);
  EXPECT_EQ(parsed.rail("GPU").mw, 463);
  EXPECT_EQ(parsed.rail("SYS5V").avg_mw, 2940);
}

TEST(TegrastatsParse, KeepsBothRailsCalledNc) {
  const Parsed parsed(shape(9));
  EXPECT_EQ(std::count_if(parsed.line.rails.begin(), parsed.line.rails.end(),
                          [](const TegraRail& rail) { return rail.name == "NC"; }),
            2);
  EXPECT_EQ(parsed.line.date, "10-16-2023 10:59:23");
  EXPECT_THAT(parsed.clocks("GR3D2_FREQ"), ElementsAre(115));
  EXPECT_THAT(parsed.clocks("NVJPG1"), ElementsAre(729));
  EXPECT_THAT(parsed.clocks("NVDLA0_FREQ"), ElementsAre(1600));
}

TEST(TegrastatsParse, AZoneThatIsOffIsMissingNotCold) {
  const Parsed parsed(shape(9));
  EXPECT_THAT(parsed.zone("CV0").celsius, IsNan());
  EXPECT_EQ(parsed.zone("CPU").celsius, 43.906);
}

TEST(TegrastatsParse, ReadsListsOfClocksAndLoads) {
  const Parsed parsed(shape(11));
  EXPECT_THAT(parsed.loads("GR3D_FREQ"), ElementsAre(14));
  EXPECT_THAT(parsed.clocks("GR3D_FREQ"), ElementsAre(407, 408));
  EXPECT_THAT(parsed.loads("PVA0_FREQ"), ElementsAre(5, 6));
  EXPECT_THAT(parsed.clocks("PVA0_FREQ"), ElementsAre(550));
  EXPECT_THAT(parsed.loads("NVENC"), ElementsAre(78));
  EXPECT_TRUE(parsed.unit("NVDEC").off);
  EXPECT_FALSE(parsed.unit("VIC").off);
}

TEST(TegrastatsParse, ThorPrintsClocksWithoutALoad) {
  const Parsed parsed(shape(12));
  EXPECT_THAT(parsed.loads("GR3D_FREQ"), IsEmpty());
  EXPECT_THAT(parsed.clocks("GR3D_FREQ"), ElementsAre(0, 314, 0));
  EXPECT_THAT(parsed.clocks("EMC_FREQ"), ElementsAre(665));
}

TEST(TegrastatsParse, ReadsThreeValuesARailAndTwoATemperature) {
  const Parsed parsed(shape(13));
  EXPECT_EQ(parsed.rail("VIN").mw, 87426);
  EXPECT_EQ(parsed.rail("VIN").avg_mw, 43713);
  EXPECT_EQ(parsed.rail("VIN").max_mw, 87427);
  EXPECT_EQ(parsed.zone("tj").celsius, 63.281);
  EXPECT_EQ(parsed.zone("tj").max_celsius, 64.5);
  EXPECT_THAT(parsed.zone("gpu").celsius, IsNan());
  EXPECT_EQ(parsed.zone("gpu").max_celsius, 70.125);
}

TEST(TegrastatsParse, ReadsARailWithASingleValue) {
  EXPECT_EQ(Parsed("RAM 1/2MB (lfb 1x4MB) VDD_IN 5444mW").rail("VDD_IN").mw, 5444);
  EXPECT_EQ(Parsed("RAM 1/2MB (lfb 1x4MB) VDD_IN 5444 VDD_SOC 12").rail("VDD_SOC").mw, 12);
  EXPECT_EQ(Parsed("RAM 1/2MB (lfb 1x4MB) VDD_IN -12mW/-3mW").rail("VDD_IN").avg_mw, -3);
}

TEST(TegrastatsParse, ReadsTheTimePrefixToTheNanosecond) {
  const std::string rest = "RAM 1/2MB (lfb 1x4MB) VDD_IN 1/1";
  EXPECT_EQ(Parsed("1750865666.524308::" + rest).line.time_ns, 1750865666524308000);
  EXPECT_EQ(Parsed("1750865666.5351195::" + rest).line.time_ns, 1750865666535119500);
  // A double would give …666123456768 here.
  EXPECT_EQ(Parsed("1750865666.123456789::" + rest).line.time_ns, 1750865666123456789);
  EXPECT_EQ(Parsed("1750865666.1234567899::" + rest).line.time_ns, 1750865666123456789);
  EXPECT_EQ(Parsed("1750865666::" + rest).line.time_ns, 1750865666000000000);
  EXPECT_EQ(Parsed("0.000000001::" + rest).line.time_ns, 1);
  EXPECT_EQ(Parsed("9223372035.999999999::" + rest).line.time_ns, 9223372035999999999);
  EXPECT_EQ(Parsed("9223372036::" + rest).problem, TegrastatsProblem::bad_time);
  EXPECT_EQ(Parsed("99999999999999999999999::" + rest).problem, TegrastatsProblem::bad_time);
}

TEST(TegrastatsParse, CutLinesDoNotPass) {
  for (const std::string& text : fixture("cut.txt")) {
    EXPECT_TRUE(Parsed(text).problem.has_value()) << text;
  }
}

TEST(TegrastatsParse, ForeignLinesDoNotPass) {
  for (const std::string& text : fixture("foreign.txt")) {
    EXPECT_TRUE(Parsed(text).problem.has_value()) << text;
  }
  EXPECT_EQ(Parsed("Unknown command: --count").problem, TegrastatsProblem::not_tegrastats);
  EXPECT_EQ(Parsed("").problem, TegrastatsProblem::blank);
  EXPECT_EQ(Parsed(" \t\r").problem, TegrastatsProblem::blank);
  EXPECT_EQ(Parsed(std::string(40, '\0')).problem, TegrastatsProblem::blank);
}

TEST(TegrastatsParse, AnUnknownTokenCostsNothingElse) {
  const Parsed parsed(
      "RAM 1/2MB (lfb 1x4MB) WARP 9q CPU [1%@2,x%@3] ZRAM 1/2MB (comp 1MB) HOT TUB APE 25 cpu@4K "
      "VDD_IN 5444mW/5425mW THROTTLED");
  EXPECT_FALSE(parsed.problem.has_value());
  EXPECT_THAT(parsed.line.raw_unknown,
              ElementsAre("WARP 9q", "CPU [1%@2,x%@3]", "ZRAM 1/2MB", "(comp 1MB)", "HOT", "TUB",
                          "cpu@4K", "THROTTLED"));
  EXPECT_EQ(parsed.rail("VDD_IN").mw, 5444);
  EXPECT_THAT(parsed.clocks("APE"), ElementsAre(25));
  EXPECT_THAT(parsed.line.cores, IsEmpty());
}

TEST(TegrastatsParse, OrderAndSpacesDoNotMatter) {
  const Parsed parsed(
      "  VDD_IN   1mW/2mW\tcpu@45C  CPU  [1%@2]   EDP  limit  4  MTS  fg  1%  bg  2%  RAM  1/2MB  "
      "(lfb  1x4MB)\r\n");
  EXPECT_FALSE(parsed.problem.has_value());
  EXPECT_THAT(parsed.line.raw_unknown, IsEmpty());
  EXPECT_EQ(parsed.line.ram.total_mb, 2);
  EXPECT_EQ(parsed.line.edp_limit, 4);
  EXPECT_EQ(parsed.line.mts_background_percent, 2);
}

TEST(TegrastatsParse, NulBytesSeparate) {
  using std::string_literals::operator""s;
  const Parsed parsed("\0\0RAM 1/2MB (lfb 1x4MB)\0VDD_IN 5/6\0\0"s);
  EXPECT_FALSE(parsed.problem.has_value());
  EXPECT_EQ(parsed.rail("VDD_IN").mw, 5);
}

TEST(TegrastatsParse, TwoLinesInOneAreNoSample) {
  const std::string whole = shape(11);
  EXPECT_EQ(Parsed(whole + " " + whole).problem, TegrastatsProblem::run_together);
  for (std::size_t cut = 25; cut < whole.size(); ++cut) {
    EXPECT_TRUE(Parsed(whole.substr(0, cut) + whole).problem.has_value()) << cut;
    EXPECT_TRUE(Parsed("1.5::" + whole.substr(0, cut) + "2.5::" + whole).problem.has_value())
        << cut;
  }
}

TEST(TegrastatsParse, ALineWithoutItsBeginningIsMarked) {
  const Parsed parsed("VDD_IN 5444mW/5425mW VDD_SOC 1mW/1mW");
  EXPECT_FALSE(parsed.problem.has_value());
  EXPECT_FALSE(parsed.line.has_beginning());
}

// Whatever is left of a line, it never passes with a power that the whole line does not have.
TEST(TegrastatsParse, NoCutGivesAWrongPower) {
  for (const std::string& text : fixture("shapes.txt")) {
    const Parsed whole(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const Parsed head(text.substr(0, cut));
      if (!head.problem) {
        ASSERT_LE(head.line.rails.size(), whole.line.rails.size());
        for (std::size_t i = 0; i < head.line.rails.size(); ++i) {
          EXPECT_EQ(head.line.rails[i].name, whole.line.rails[i].name) << head.text;
          EXPECT_EQ(head.line.rails[i].mw, whole.line.rails[i].mw) << head.text;
        }
      }
      const Parsed tail(text.substr(cut));
      if (tail.problem || cut == 0) continue;
      EXPECT_FALSE(tail.line.has_beginning() && tail.line.ram.used_mb != whole.line.ram.used_mb)
          << tail.text;
    }
  }
}

TEST(TegrastatsParse, AnyBytesAreSafe) {
  std::mt19937 random(7);
  const std::vector<std::string> lines = fixture("shapes.txt");
  TegrastatsLine out;
  for (int round = 0; round < 20000; ++round) {
    std::string text = lines[random() % lines.size()];
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 5);
          break;
        default:
          text.insert(at, 1, "@/[](%,mWC. 9"[random() % 13]);
      }
      if (text.empty()) text = "R";
    }
    // Exactly as long as the text, so that a sanitizer sees one byte too many.
    const std::vector<char> bytes(text.begin(), text.end());
    const auto problem = parse_tegrastats_line({bytes.data(), bytes.size()}, out);
    if (problem) {
      EXPECT_FALSE(describe(*problem).empty());
    }
    for (const TegraUnit& unit : out.units) {
      ASSERT_LE(unit.first + unit.load_count + unit.clock_count, out.values.size());
    }
  }
}

TEST(TegrastatsParse, ReusesItsMemory) {
  const std::vector<std::string> lines = fixture("shapes.txt");
  TegrastatsLine out;
  for (const std::string& line : lines) parse_tegrastats_line(line, out);
  const auto* rails = out.rails.data();
  const auto* cores = out.cores.data();
  const auto* values = out.values.data();
  for (const std::string& line : lines) {
    parse_tegrastats_line(line, out);
    EXPECT_EQ(out.rails.data(), rails);
    EXPECT_EQ(out.cores.data(), cores);
    EXPECT_EQ(out.values.data(), values);
  }
}

TEST(TegrastatsParse, AStampMayStandBehindGapsAndHaveZerosInFront) {
  EXPECT_EQ(Parsed(" \t1.5::RAM 1/2MB (lfb 1x4MB)").line.time_ns, 1'500'000'000);
  EXPECT_EQ(Parsed("0000000001750000000.5::RAM 1/2MB (lfb 1x4MB)").line.time_ns,
            1'750'000'000'500'000'000);
  EXPECT_EQ(Parsed("1.5::  01-02-2024 03:04:05 RAM 1/2MB (lfb 1x4MB)").line.date,
            "01-02-2024 03:04:05");
  EXPECT_EQ(Parsed("x1-02-2024 03:04:05 RAM 1/2MB (lfb 1x4MB)").line.date, "");
}

TEST(TegrastatsParse, ADateThatIsNotInFrontBeginsAnotherLine) {
  const Parsed in_front("01-02-2024 RAM 1/2MB (lfb 1x4MB)");
  EXPECT_FALSE(in_front.problem.has_value());
  EXPECT_THAT(in_front.line.raw_unknown, ElementsAre("01-02-2024"));
  for (const char* text :
       {"RAM 1/2MB (lfb 1x4MB) 01-02-2024", "x01-02-2024 RAM 1/2MB (lfb 1x4MB)",
        "RAM 1/2MB (lfb 1x4MB) RAM 3q", "RAM 1/2MB (lfb 1x4MB) CPU [1%@2] CPU [x]",
        "RAM 1/2MB (lfb 1x4MB) CPU [1%@2] cpu [x]"}) {
    EXPECT_EQ(Parsed(text).problem, TegrastatsProblem::run_together) << text;
  }
}

TEST(TegrastatsParse, OneThingThatIsKnownIsEnough) {
  for (const char* text : {"RAM 1/2MB (lfb 1x4MB)", "CPU [1%@2]", "cpu@45C", "VDD_IN 1mW/1mW",
                           "RAM 1/2MB (lfb 1x4MB) cpu@45C"}) {
    EXPECT_FALSE(Parsed(text).problem.has_value()) << text;
  }
}

TEST(TegrastatsParse, ACutLineIsToldFromAForeignOne) {
  for (const char* text : {"RAM 2344/78", "1.5::RAM 2344/78", "01-02-2024 03:04:05 RAM 2344/78",
                           "01-02-2024 03:04:05 hello", "1.5::hello", "2a hello"}) {
    EXPECT_EQ(Parsed(text).problem, TegrastatsProblem::cut_short) << text;
  }
  EXPECT_EQ(Parsed("hello RAM 2344/78").problem, TegrastatsProblem::not_tegrastats);
}

TEST(TegrastatsParse, AnUnknownWordBehindAClockShowsThatItIsWhole) {
  EXPECT_FALSE(Parsed("RAM 1/2MB (lfb 1x4MB) VDD_IN 5/6 APE 25 HOT").problem.has_value());
  EXPECT_EQ(Parsed("RAM 1/2MB (lfb 1x4MB) VDD_IN 5/6 APE 25").problem,
            TegrastatsProblem::cut_short);
}

TEST(TegrastatsParse, NothingOfTheLineBeforeIsLeft) {
  TegrastatsLine line;
  EXPECT_FALSE(parse_tegrastats_line("1.5::01-02-2024 03:04:05 RAM 1/2MB (lfb 1x4MB) SWAP 1/2MB "
                                     "(cached 0MB) CPU [1%@2] EDP limit 4 MTS fg 1% bg 2% APE 25 "
                                     "HOT cpu@45C VDD_IN 1mW/1mW",
                                     line)
                   .has_value());
  EXPECT_TRUE(line.time_ns.has_value());
  EXPECT_FALSE(parse_tegrastats_line("GR3D_FREQ 5%", line).has_value());
  EXPECT_FALSE(line.time_ns.has_value());
  EXPECT_EQ(line.date, "");
  EXPECT_FALSE(line.ram.printed());
  EXPECT_FALSE(line.swap.printed());
  EXPECT_THAT(line.cores, IsEmpty());
  EXPECT_EQ(line.units.size(), 1u);
  EXPECT_THAT(line.temperatures, IsEmpty());
  EXPECT_THAT(line.rails, IsEmpty());
  EXPECT_THAT(line.edp_limit, IsNan());
  EXPECT_THAT(line.mts_foreground_percent, IsNan());
  EXPECT_THAT(line.raw_unknown, IsEmpty());
}

}  // namespace
}  // namespace layerwatt
