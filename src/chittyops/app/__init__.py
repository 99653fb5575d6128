"""The programs: command line, API, worker, prober, agent, supervisor."""
