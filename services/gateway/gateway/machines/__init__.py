"""Machine clients: other systems that come with a token of Maskinporten's."""
