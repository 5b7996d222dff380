"""Other people's PDFs are opened in a process of their own, with little time and memory, that can reach nothing."""
