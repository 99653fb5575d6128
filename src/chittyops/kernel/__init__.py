"""The words everything shares. Pure: no I/O, no clock, no driver."""
