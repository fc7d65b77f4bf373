"""Trials, sweeps and their tables, and what the tables say."""
