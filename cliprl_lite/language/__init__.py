"""Sentences as vectors: the shipped ones, and the encoder for all others."""
