"""What containers need before a service starts: keys, roles and queues; and the main job against running containers."""
