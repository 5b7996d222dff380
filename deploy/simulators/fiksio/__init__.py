"""Stand-in for KS Fiks IO: the account catalogue, the send API, the store for large messages, and the door to its broker."""
