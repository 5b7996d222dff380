"""The notifier service: letters through SvarUt, forwarding to the general archive, notices in Teams (M4, M21, M22)."""
