"""The vocabulary of Chargestead: what every other package talks about."""
