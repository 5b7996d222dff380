"""Sikker Sak's library: what every service stands on."""
