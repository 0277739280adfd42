"""The ready questions must find what made_archive planted, and nothing else."""
from made_archive import COMMITS, LAST_GOOD, MODELS
from program import Failed, records


def expect(what, found, wanted):
    if found != wanted:
        raise Failed(f"{what}: found {found}, planted {wanted}")


def check(program, archive, plan):
    counts = program.rows(archive, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM layers), "
                                   "(SELECT count(*) FROM runs WHERE measured OR NOT simulated)")
    expect("runs, layers, runs not said to be simulated", counts, [[plan.runs, plan.runs * plan.layers, 0]])

    changed = records(program.ask(archive, "--question", "regressions", "--set", f"commit={COMMITS[LAST_GOOD]}"))
    found = {(row["layer"], "up" if row["change_pct"] > 0 else "down") for row in changed}
    expect("regressions", found, {(plan.layer_name(layer), "up" if factor > 1 else "down")
                                  for (_, layer), factor in plan.regressions.items()})
    for row in changed:
        factor = next(factor for (_, layer), factor in plan.regressions.items()
                      if plan.layer_name(layer) == row["layer"])
        if abs(row["change_pct"] - 100.0 * (factor - 1.0)) > 2.0:
            raise Failed(f"regressions: {row['layer']} changed by {row['change_pct']:.2f} %, planted {factor}")

    worst = records(program.ask(archive, "--question", "worst-boards"))
    expect("worst boards", {row["board"] for row in worst[:len(plan.bad_boards)]}, set(plan.bad_boards))
    if not all(row["energy_ratio"] < 1.03 for row in worst[len(plan.bad_boards):]):
        raise Failed("worst-boards: a good board looks bad")

    model, layer = plan.spread
    spread = records(program.ask(archive, "--question", "board-spread", "--set", "model=mobilenet!_v2.onnx"))
    expect("largest spread", (spread[0]["layer"], spread[0]["model"]), (plan.layer_name(layer), MODELS[model]))

    (model, layer), factor = next(iter(plan.regressions.items()))
    trend = records(program.ask(archive, "--question", "layer-trend", "--set", f"layer={plan.layer_name(layer)}",
                                "--set", f"model={MODELS[model]}", "--set", "device=Orin%"))
    before = [row["energy_mj"] for row in trend[:len(trend) // 2]]
    after = [row["energy_mj"] for row in trend[-len(trend) // 4:]]
    step = sum(after) / len(after) / (sum(before) / len(before))
    # The bad board is in some days more than in others.
    if abs(step - factor) > 0.04:
        raise Failed(f"layer-trend: a step of {step:.3f}, planted {factor}")
