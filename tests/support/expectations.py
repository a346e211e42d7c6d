"""What a test that is a program of its own found wrong: all of it is told, not only the first."""


class Expectations:
    """Called with what has to hold and with what is wrong where it doesn't."""

    def __init__(self):
        self.faults = []

    def __call__(self, holds, what):
        if not holds:
            self.faults.append(what)

    def status(self):
        """The program's exit status, once the faults are printed."""
        for fault in self.faults:
            print("FAULT:", fault)
        return 1 if self.faults else 0
