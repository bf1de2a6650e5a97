"""The rules that content is held to, by what they look at. `library.check` runs them all."""
