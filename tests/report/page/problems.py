"""What was found wrong with a page."""

problems = []


def expect(good, what):
    if not good:
        problems.append(what)


def finish(most=20):
    for problem in problems[:most]:
        print(problem)
    if len(problems) > most:
        print(f"and {len(problems) - most} more")
    return 1 if problems else 0
