"""Writes the manual page hearth(1) from the program's own help texts: man_page.py PROGRAM > hearth.1"""
import re
import subprocess
import sys

ENVIRONMENT = (
    ("HEARTH_HOME", "the store, the ledger and the caches; by default the platform's data folder"),
    ("HEARTH_OFFLINE", "1 forbids every outgoing connection"),
    ("NO_COLOR", "any value turns colours off"),
)


def help_of(program, path):
    """What `program PATH... --help` prints."""
    return subprocess.run([program, *path, "--help"], capture_output=True, text=True, check=True).stdout


def sections(text):
    """(text before the first heading, {heading: [lines]}): a heading is a line such as "Options:" at the margin."""
    before, found, heading = [], {}, None
    for line in text.splitlines():
        match = re.fullmatch(r"([A-Za-z][\w ()\[\]-]*):", line)
        if match:
            heading = match.group(1).capitalize()
            found[heading] = []
        elif heading is None or (line and not line[0].isspace()):
            heading = None
            before.append(line)
        else:
            found[heading].append(line)
    return before, found


def entries(lines):
    """[(term, description)] of an indented two-column list; a continuation line belongs to the entry above."""
    found = []
    for line in lines:
        match = re.match(r"^ {1,4}(\S.*?)(?:\s{2,}(.*))?$", line)
        if match:
            found.append([match.group(1), match.group(2) or ""])
        elif line.strip() and found:
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
    return found


def roff(text):
    """Text with what roff would take for a command escaped."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return "\\&" + text if text[:1] in (".", "'") else text


def listed(pairs):
    """A list of terms in roff."""
    return "".join(f".TP\n.B {roff(term)}\n{roff(text) or '.br'}\n" for term, text in pairs)


def usage_of(before):
    """(description, usage line) of the lines outside the lists; what stands behind the usage line is the common footer."""
    at = next((number for number, line in enumerate(before) if line.startswith("Usage:")), len(before))
    usage = before[at].split(":", 1)[1].strip() if at < len(before) else ""
    return " ".join(line.strip() for line in before[:at] if line.strip()), usage


def leaves(program, path=()):
    """[(path, help text)] of every command that has no further commands, in the program's order."""
    before_and_lists = sections(help_of(program, path))
    children = entries(before_and_lists[1].get("Subcommands", []))
    if not children:
        return [(path, before_and_lists)]
    return [leaf for name, _ in children for leaf in leaves(program, (*path, name.split()[0]))]


def page(program):
    """The whole page."""
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    before, lists = sections(help_of(program, ()))
    text = [line for line in before if line.strip() and not line.startswith("Usage:")]
    first, footer = text[0], " ".join(line.strip() for line in text[1:])
    out = [f".TH HEARTH 1 \"\" \"hearth {version}\" \"User commands\"\n.SH NAME\nhearth \\- {roff(first.rstrip('.'))}\n",
           f".SH SYNOPSIS\n.B {roff(usage_of(before)[1] or 'hearth COMMAND [OPTIONS]')}\n",
           f".SH OPTIONS\n{listed(entries(lists.get('Options', [])))}.SH COMMANDS\n"]
    for path, (own, own_lists) in leaves(program):
        description, usage = usage_of(own)
        out.append(f".SS {roff('hearth ' + ' '.join(path))}\n{roff(description)}\n.PP\n.B {roff(usage)}\n")
        for heading, lines in own_lists.items():
            out.append((f".PP\n{roff(heading)}:\n" if heading != "Options" else "") + listed(entries(lines)))
    status = footer.split("Exit status:", 1)[-1].strip()
    out.append(f".SH EXIT STATUS\n{roff(status)}\n.SH ENVIRONMENT\n{listed(ENVIRONMENT)}")
    return "".join(out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: man_page.py PROGRAM")
    sys.stdout.write(page(sys.argv[1]))
