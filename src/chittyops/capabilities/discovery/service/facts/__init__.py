"""What each kind of file tells: one module a kind, ``read(path, text) -> Facts`` each; ``registry`` lists them."""
