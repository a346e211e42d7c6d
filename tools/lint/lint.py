"""./dev lint: runs the rules and prints what they find, one line each."""
import argparse
import sys
import time

import generated
import layers
import layout
import naming
import records
import sizes
import tidy
import wording
from sources import repository

RULES = {
    "layers": layers.layers,
    "cycles": layers.cycles,
    "file_length": sizes.file_length,
    "function_length": sizes.function_length,
    "parameters": sizes.parameters,
    "file_names": naming.file_names,
    "units_in_headers": naming.units_in_headers,
    "units_in_json": naming.units_in_json,
    "wording": wording.wording,
    "records": records.records,
    "generated": generated.generated,
    "layout": layout.layout,
}


def arguments():
    """The command line; `./dev lint --help` is the one for people."""
    parser = argparse.ArgumentParser(prog="./dev lint", description=__doc__)
    parser.add_argument("--tidy", action="store_true", help="clang-tidy too")
    parser.add_argument("--all", action="store_true", help="with --tidy: all files, not only changed ones")
    parser.add_argument("--only", action="append", choices=[*RULES, "tidy"], metavar="RULE", help=", ".join([*RULES, "tidy"]))
    parser.add_argument("--list", action="store_true", help="show the rules")
    parser.add_argument("files", nargs="*", help="show only what concerns these files")
    return parser.parse_args()


def main():
    options = arguments()
    rules = dict(RULES, tidy=lambda tree: tidy.tidy(tree, options.all)) if options.tidy else RULES
    if options.list:
        for name, rule in dict(RULES, tidy=tidy.tidy).items():
            print(f"{name:18} {rule.__doc__.splitlines()[0]}")
        return 0
    if options.only:
        rules = {name: rule for name, rule in dict(rules, tidy=lambda tree: tidy.tidy(tree, options.all)).items() if name in options.only}
    begin, tree, errors, warnings = time.monotonic(), repository(), 0, 0
    wanted = {name.removeprefix("./") for name in options.files}
    for rule_name, rule in rules.items():
        for finding in rule(tree):
            if wanted and finding.path not in wanted:
                continue
            print(f"{finding} [{rule_name}]")
            errors += not finding.warning
            warnings += finding.warning
    print(f"lint: {len(rules)} rules over {len(tree.names)} files in {time.monotonic() - begin:.1f} s: "
          f"{errors} errors, {warnings} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
