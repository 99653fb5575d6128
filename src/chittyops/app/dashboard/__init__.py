"""The pages: rendered on the server, live by server-sent events, usable without JavaScript."""
