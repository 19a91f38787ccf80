"""Tests of Chargestead."""
