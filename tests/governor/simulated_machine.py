"""The files of a machine that `hearth serve --machine-tree` reads instead of /proc and /sys: heat and memory as a test wants them."""
from pathlib import Path


class SimulatedMachine:
    """The simulated machine's files."""

    def __init__(self, folder):
        self.folder = Path(folder)
        zone = "sys/class/thermal/thermal_zone0/"
        self.put(zone + "type", "cpu-thermal")
        self.put(zone + "trip_point_0_type", "passive")
        self.put(zone + "trip_point_0_temp", "85000")
        self.calm()

    def put(self, name, text):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(file.name + ".new")
        fresh.write_text(text + "\n", encoding="ascii")
        fresh.replace(file)

    def temperature(self, celsius):
        # Written in place: the server keeps the file open.
        (self.folder / "sys/class/thermal/thermal_zone0/temp").write_text(f"{celsius * 1000}\n", encoding="ascii")

    def available(self, share):
        (self.folder / "proc").mkdir(parents=True, exist_ok=True)
        (self.folder / "proc/meminfo").write_text(f"MemTotal: 8000000 kB\nMemAvailable: {int(8000000 * share)} kB\n", encoding="ascii")

    def calm(self):
        self.temperature(45)
        self.available(0.6)
