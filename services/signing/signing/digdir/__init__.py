"""Adapter to Digdir's signing service (Posten signering, Signature API 3.1, portal flow)."""
