"""Stand-ins for the national services: separate programs that speak the real protocols (R10)."""
