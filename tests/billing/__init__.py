"""What is charged, and what it costs."""
