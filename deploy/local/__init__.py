"""The local stack behind `./dev`: sets everything up, runs servers, services and stand-ins, and the main job."""
