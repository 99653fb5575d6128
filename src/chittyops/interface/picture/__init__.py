"""Where things stand in a picture: pure geometry, whoever draws it."""
