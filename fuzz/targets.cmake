# Each NAME is fuzz/targets/NAME.cpp, with fuzz_NAME() in it and its seeds in fuzz/seeds/NAME.
set(LAYERWATT_FUZZ_TARGETS
    analyze calibration_json excitation_csv hosts incidents_csv iterations_csv manifest npy
    power_csv result_json sample_lines sim_spec tegrastats_line tegrastats_log trtexec)
