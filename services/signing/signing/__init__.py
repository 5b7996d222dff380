"""Signature jobs, signers and evidence (M20)."""
