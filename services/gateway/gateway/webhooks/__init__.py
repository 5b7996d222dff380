"""Webhooks: other systems are told that something happened, by Standard Webhooks, without personal data."""
