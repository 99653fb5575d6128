"""Runs services on this machine: real processes behind stable ports, watched by the node agent."""
