"""Policies and how they are learned: tables by Q-learning, networks by its relatives."""
