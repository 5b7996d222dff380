"""Logs, metrics, traces and health: what a running service shows of itself, never anyone's personal data (R3)."""
