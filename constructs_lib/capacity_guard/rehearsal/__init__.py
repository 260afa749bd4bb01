"""A rehearsal on this machine: the emulator, the traffic player, the meter, and the page that shows a run."""
