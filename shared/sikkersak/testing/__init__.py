"""What tests stand on: throw-away databases and virtual hosts on real servers, and waiting without sleeping."""
