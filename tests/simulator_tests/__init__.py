"""Tests of the simulated charging station."""
