"""What was charged, and what it costs."""
