"""What there is: maps, tasks and their suites, and what a table does on a map, exactly."""
