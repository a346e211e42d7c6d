"""Command line of step.run: long_step.py [--quiet-below SECONDS] MESSAGE LOG COMMAND..."""
import os
import sys

import step


def compiler_output(path):
    """From the first failed command of a ninja log on; its end where nothing says FAILED."""
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    first = next((at for at, line in enumerate(lines) if line.startswith(("FAILED:", "CMake Error"))), max(0, len(lines) - 30))
    return "\n".join(line if len(line) <= 300 else line[:300] + " ..." for line in lines[first:first + 60])


def main(arguments):
    quiet_below_s = 0.0
    if arguments[:1] == ["--quiet-below"]:
        quiet_below_s, arguments = float(arguments[1]), arguments[2:]
    message, log_path, *command = arguments
    if os.path.exists(log_path):
        os.remove(log_path)
    try:
        step.run(message, command, log_path, quiet_below_s=quiet_below_s)
    except step.StepFailed:
        print(f"{compiler_output(log_path)}\nerror: {message} failed; the whole output is in {log_path}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
