"""The gateway: log-in, sessions, the staff API and the staff pages. It owns no case, document or person."""
