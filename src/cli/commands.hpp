// THE list of commands: a line here, a file add_… is defined in, a line in CMakeLists.txt, and
// docs/cli/<name>.md.
#pragma once

#include "cli/command.hpp"

namespace layerwatt::cli {

using AddCommand = void (*)(CLI::App& app, Program& program);

void add_analyze(CLI::App& app, Program& program);
void add_archive(CLI::App& app, Program& program);
void add_benchmark(CLI::App& app, Program& program);
void add_build(CLI::App& app, Program& program);
void add_calibrate(CLI::App& app, Program& program);
void add_compare(CLI::App& app, Program& program);
void add_doctor(CLI::App& app, Program& program);
void add_export(CLI::App& app, Program& program);
void add_fleet(CLI::App& app, Program& program);
void add_parse_tegrastats(CLI::App& app, Program& program);
void add_profile(CLI::App& app, Program& program);
void add_record(CLI::App& app, Program& program);
void add_selftest(CLI::App& app, Program& program);
void add_sensors(CLI::App& app, Program& program);
void add_simulate(CLI::App& app, Program& program);
void add_sweep(CLI::App& app, Program& program);

inline constexpr AddCommand kCommands[] = {
    add_profile,          add_analyze,  add_compare,   add_archive, add_sweep,    add_record,
    add_parse_tegrastats, add_sensors,  add_calibrate, add_doctor,  add_simulate, add_build,
    add_benchmark,        add_selftest, add_export,    add_fleet,
};

}  // namespace layerwatt::cli
