"""Intake: mail received, sorted, registered, forwarded; nothing acknowledged before it is safe here (M1–M9)."""
