"""Brings finished documents to the archive core as PDF/A, and shows how that went (M23–M28)."""
