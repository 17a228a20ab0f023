"""The ten bounded contexts, and the web dashboard on them."""
