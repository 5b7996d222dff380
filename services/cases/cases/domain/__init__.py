"""What cases decides, without any input or output."""
