"""Tests of maintenance, without Home Assistant."""
